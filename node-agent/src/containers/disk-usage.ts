import type Docker from "dockerode";
import { z } from "zod";
import { callEngine } from "./call-engine.ts";

const size = z.number().min(0).catch(0);
const usageSchema = z.object({
  Containers: z
    .array(
      z.object({
        Id: z.string(),
        // Left out for one that has written nothing.
        SizeRw: size.default(0),
        Mounts: z.array(z.object({ Type: z.string(), Name: z.string().default("") })).nullish(),
      }),
    )
    .nullish(),
  Volumes: z.array(z.object({ Name: z.string(), UsageData: z.object({ Size: size }).nullish() })).nullish(),
});

/**
 * What each container of the engine has on disk, in bytes, by its id: what it wrote into its own layer, and its volumes.
 * The engine walks through all of them for that: ask seldom. Logs are not in it, they have a limit of their own.
 *
 * @throws ProtocolError as Engine
 */
export async function readDiskUsage(docker: Docker, signal: AbortSignal): Promise<Map<string, number>> {
  // The types know no options.
  const df = docker.df.bind(docker) as (options: { abortSignal: AbortSignal }) => Promise<unknown>;
  const answer: unknown = await callEngine("Asking for disk usage", () => df({ abortSignal: signal }));
  const { Containers: containers, Volumes: volumes } = usageSchema.parse(answer);
  const sizes = new Map((volumes ?? []).map(({ Name, UsageData }) => [Name, UsageData?.Size ?? 0]));
  return new Map(
    (containers ?? []).map(({ Id, SizeRw, Mounts }) => {
      const own = (Mounts ?? []).filter(({ Type }) => Type === "volume");
      return [Id, own.reduce((sum, { Name }) => sum + (sizes.get(Name) ?? 0), SizeRw)];
    }),
  );
}
