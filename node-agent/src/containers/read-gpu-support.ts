import { callEngine } from "./call-engine.ts";
import { connectDocker } from "./docker-client.ts";
import { type GpuSupport, gpuSupportOf } from "./gpu-support.ts";

/**
 * How the engine can hand out GPUs.
 *
 * @param timeoutMs Time for its answer.
 * @throws ProtocolError as Engine
 */
export async function readGpuSupport(host: string, timeoutMs: number): Promise<GpuSupport> {
  const docker = connectDocker(host, timeoutMs);
  return gpuSupportOf(await callEngine("Asking the engine", () => docker.info() as Promise<unknown>));
}
