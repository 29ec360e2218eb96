import { createHash } from "node:crypto";
import { toWire } from "@fizz/protocol/messages";
import { type ContainerSpec } from "../domain/workload.ts";

/**
 * Tells containers of one spec from those of another. What the node adds (lid, version, public host and ports) is left
 * out: a new number of the same lease, or a gateway that moved, is no reason to restart a container. Only ports on
 * which the container itself must listen count. Left out, too, is what the engine changes on a running container: CPU
 * and memory. A change of this function restarts every container at the next update of the agent: add fields at the
 * end, and only when they are set.
 */
export function specDigest(spec: ContainerSpec): string {
  const { sharedMemoryBytes, gpuUnits, isDiskLimited, storageBytes } = spec.limits;
  // A limit of the file system never changes on a container.
  const disk = isDiskLimited === true ? [storageBytes] : [];
  return digestOf(spec, "fizz-container-2", [sharedMemoryBytes, gpuUnits, ...disk]);
}

/** As the agent made it before limits could change: containers of that time run on. */
export function formerDigest(spec: ContainerSpec): string {
  const { milliCpu, memoryBytes, sharedMemoryBytes, gpuUnits } = spec.limits;
  return digestOf(spec, "fizz-container-1", [milliCpu, memoryBytes, sharedMemoryBytes, gpuUnits]);
}

function digestOf(spec: ContainerSpec, tag: string, limits: readonly unknown[]): string {
  const { service, replica, image, pullPolicy, credentials, command, args, env, volumes, boundPorts } = spec;
  const text = toWire([
    tag,
    [service, replica, image, pullPolicy, credentials],
    [command, args, env],
    limits,
    volumes.map(({ name, path, readOnly, persistent }) => [name, path, readOnly, persistent]),
    boundPorts,
  ]);
  return createHash("sha256").update(text).digest("hex");
}

/** What decides which image a container is made of: the same for all replicas of a service, until its spec changes. */
export function imageKey(spec: ContainerSpec): string {
  return specDigest({ ...spec, replica: 0, boundPorts: [] });
}
