import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";
import { signedObservedSchema } from "../typed-data/observed-address.ts";
import { signedGrantSchema } from "../typed-data/session.ts";

/** Client or node → gateway, on a connection of its own from the port that is to be reached. */
export const observeRequestSchema = z.strictObject({ type: z.literal("observe") });

export const observeResponseSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("observed"), signed: signedObservedSchema }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);

/** Client → node, over the relay: where the client will come from. */
export const directRequestSchema = z.strictObject({
  signed: signedGrantSchema,
  observed: signedObservedSchema,
});
export type DirectRequest = z.infer<typeof directRequestSchema>;

/** Node → client: where the node is; both dial each other as soon as this is written and read. */
export const directResponseSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("go"), observed: signedObservedSchema }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);
