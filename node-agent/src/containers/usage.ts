import { type Readable } from "node:stream";
import { ProtocolError } from "@fizz/protocol/errors";
import { z } from "zod";
import { type ContainerUsage } from "../domain/usage.ts";
import { isPrematureClose } from "./engine-error.ts";

/** One reading of the engine is some kilobytes, more with many CPUs. */
const MAX_LINE_LENGTH = 1024 * 1024;

const count = z.number().min(0).default(0);
/** Whatever is missing, or null, is nothing. */
const optional = <Schema extends z.ZodType>(schema: Schema, nothing: z.output<Schema>) =>
  schema.nullish().transform((value) => value ?? nothing);
const moved = z.array(z.object({ op: z.string(), value: count }));
const interfaces = z.record(z.string(), z.object({ rx_bytes: count, tx_bytes: count }));
const memory = z.object({ usage: count, stats: optional(z.record(z.string(), z.number()), {}) });

/** The part of the engine's reading that is looked at. */
const statsSchema = z.object({
  read: z.string(),
  pids_stats: optional(z.object({ current: count }), { current: 0 }),
  blkio_stats: optional(z.object({ io_service_bytes_recursive: optional(moved, []) }), {
    io_service_bytes_recursive: [],
  }),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: count }) }),
  memory_stats: optional(memory, { usage: 0, stats: {} }),
  networks: optional(interfaces, {}),
});

/**
 * One reading of Docker's `GET /containers/{id}/stats`, of a host with cgroup v1 or v2. The working set is the usage
 * less the inactive file pages, as `docker stats` counts it: `total_inactive_file` in v1, `inactive_file` in v2.
 *
 * @returns Undefined for a container that does not run: the engine dates it in the year 1.
 * @throws ProtocolError ENGINE_FAILED when it is no reading.
 */
export function usageOf(raw: unknown): ContainerUsage | undefined {
  const result = statsSchema.safeParse(raw);
  if (!result.success)
    throw new ProtocolError("ENGINE_FAILED", `The Docker Engine's stats: ${z.prettifyError(result.error)}`);
  const { read, pids_stats: pids, blkio_stats: disk, cpu_stats: cpu, memory_stats: held } = result.data;
  const at = Date.parse(read);
  if (!(at > 0)) return undefined;
  const networks = Object.values(result.data.networks);
  return {
    at,
    cpuNanos: cpu.cpu_usage.total_usage,
    memoryBytes: workingSetOf(held),
    receivedBytes: sumOf(networks.map(({ rx_bytes: bytes }) => bytes)),
    sentBytes: sumOf(networks.map(({ tx_bytes: bytes }) => bytes)),
    readBytes: movedBytes(disk.io_service_bytes_recursive, "read"),
    writtenBytes: movedBytes(disk.io_service_bytes_recursive, "write"),
    pids: pids.current,
  };
}

function workingSetOf({ usage, stats }: z.output<typeof memory>): number {
  const dropped = stats["total_inactive_file"] ?? stats["inactive_file"] ?? 0;
  return Math.max(0, usage - dropped);
}

/** cgroup v1 writes `Read`, v2 `read`. */
function movedBytes(entries: readonly { op: string; value: number }[], operation: string): number {
  return sumOf(entries.filter(({ op }) => op.toLowerCase() === operation).map(({ value }) => value));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Readings as they come, until the container does not run any more, the consumer stops, or the signal. */
export async function* readUsage(
  stream: Readable,
  signal: AbortSignal,
): AsyncGenerator<ContainerUsage, void, void> {
  const onAbort = (): void => {
    stream.destroy();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for await (const line of linesOf(stream)) {
      const usage = usageOf(JSON.parse(line));
      if (usage === undefined) return;
      yield usage;
    }
  } catch (error) {
    if (!signal.aborted && !isPrematureClose(error)) throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    stream.destroy();
  }
}

async function* linesOf(stream: Readable): AsyncGenerator<string, void, void> {
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + (chunk as Buffer).toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_LENGTH)
      throw new ProtocolError("ENGINE_FAILED", "The Docker Engine's stats are too long.");
    yield* lines.filter((line) => line.trim() !== "");
  }
}
