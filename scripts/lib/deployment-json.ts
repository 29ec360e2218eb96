import { z } from "zod";

/** The line that `fizz deployment create --json` and `deployment get --json` end with. More fields may follow. */
export const deploymentJsonSchema = z.object({
  lid: z.union([z.number(), z.string()]).transform((lid) => BigInt(lid)),
  state: z.string(),
  manifestHash: z.string(),
  replicas: z.object({ ready: z.number(), total: z.number() }),
  endpoints: z.array(
    z.object({
      service: z.string(),
      replica: z.number(),
      port: z.number(),
      protocol: z.string(),
      host: z.string(),
      publicPort: z.number(),
      url: z.string(),
    }),
  ),
});
export type DeploymentJson = z.infer<typeof deploymentJsonSchema>;
