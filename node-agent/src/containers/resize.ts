import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import { fitsIn } from "../domain/resources.ts";
import { type RunningLimits } from "../domain/workload.ts";
import { callEngine } from "./call-engine.ts";
import { NANO_CPUS_PER_MILLI } from "./container-options.ts";
import { readable } from "./readable.ts";
import { readUsage } from "./usage.ts";

/** What the engine holds a container to. */
export function limitsOf({
  HostConfig: { NanoCpus: nanos = 0, Memory: memory = 0 },
}: ContainerInspectInfo): RunningLimits {
  return { milliCpu: Math.round(nanos / NANO_CPUS_PER_MILLI), memoryBytes: BigInt(memory) };
}

/**
 * Sets the limits of a container whether it runs or not: what runs goes on. The kernel would kill a program that holds
 * more than it may have from now on (cgroup v2, `memory.max`), so that is refused before.
 *
 * @throws ProtocolError RESOURCES_IN_USE; otherwise as Engine
 */
export async function resizeContainer(
  docker: Docker,
  { info, limits }: { readonly info: ContainerInspectInfo; readonly limits: RunningLimits },
  signal: AbortSignal,
): Promise<void> {
  const container = docker.getContainer(info.Id);
  const isLess = limits.memoryBytes < limitsOf(info).memoryBytes;
  if (isLess && info.State.Running) await requireRoom(container, limits, signal);
  const memory = Number(limits.memoryBytes);
  const options = {
    NanoCpus: limits.milliCpu * NANO_CPUS_PER_MILLI,
    Memory: memory,
    // Equal to memory: no swap.
    MemorySwap: memory,
    abortSignal: signal,
  };
  await callEngine("Changing the limits of a container", () => container.update(options) as Promise<unknown>);
}

async function requireRoom(
  container: Docker.Container,
  { memoryBytes }: RunningLimits,
  signal: AbortSignal,
): Promise<void> {
  const options = { stream: true as const, abortSignal: signal };
  const stream = await callEngine("Reading stats", () => container.stats(options));
  for await (const { memoryBytes: used } of readUsage(readable(stream), signal)) {
    if (fitsIn(used, memoryBytes)) return;
    const message = `The container holds ${used} bytes of memory; it cannot go on with ${memoryBytes}.`;
    throw new ProtocolError("RESOURCES_IN_USE", message, {
      details: { used, limit: memoryBytes.toString() },
    });
  }
}
