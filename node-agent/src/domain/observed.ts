import { type Hex } from "viem";
import { type RunningLimits } from "./workload.ts";

/**
 * The network namespace that a container joins, and the rules in it. `whole`: it is there, and the container, where it
 * runs, has joined it with its rules. `stale`: the container runs in one that has ended. `missing`: there is none to join,
 * or the owner does without by now.
 * `alone`: there is nothing else yet; the id is the sandbox's.
 */
export type SandboxState = "whole" | "stale" | "missing" | "alone";

/** A port of a container under the number that its machine has for it. */
export interface PublishedPort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly published: number;
}

/** A container of this node as the engine has it. Times are Unix milliseconds. */
export interface ObservedContainer {
  readonly id: string;
  readonly leaseHash: Hex;
  /** Lid at the time of creation. */
  readonly lid: bigint | undefined;
  readonly service: string;
  readonly replica: number;
  readonly version: number;
  /** Digest of the spec it was made from. */
  readonly digest: string;
  readonly state: "created" | "running" | "exited";
  readonly exitCode: number | null;
  readonly outOfMemory: boolean;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Of its first process, where it runs on the engine's machine; left out where it does not. */
  readonly pid?: number;
  /** Address on the lease's own network; null while it does not run. */
  readonly address: string | null;
  /** `whole` as well where the owner does without sandboxes. */
  readonly sandbox: SandboxState;
  /** What it was made of, as the engine was told. */
  readonly image?: string | undefined;
  /** Bytes in its own layer and its volumes when they were last measured; null before. */
  readonly diskBytes: number | null;
  /** What the engine holds it to; null where it does not, or there is only a sandbox. */
  readonly limits: RunningLimits | null;
  /** Where its ports are reached at its address; left out where they are reached by their own numbers. */
  readonly published?: readonly PublishedPort[];
  /** UUIDs of the GPUs that it has; none when left out. */
  readonly gpus?: readonly string[];
}

/** The container of a replica that runs, the oldest one of several. */
export function findRunning(
  containers: readonly ObservedContainer[],
  place: { readonly service: string; readonly replica: number },
): ObservedContainer | undefined {
  return containers
    .filter(({ service, replica, state }) => {
      const isWanted = service === place.service && replica === place.replica;
      return isWanted && state === "running";
    })
    .toSorted((left, right) => left.version - right.version)[0];
}

/**
 * Where this machine reaches a port of a container; undefined while it does not run, or its machine does not publish the port.
 *
 * @param port On which the container listens.
 */
export function wayInto(
  container: ObservedContainer | undefined,
  port: number,
  protocol: "tcp" | "udp",
): { readonly host: string; readonly port: number } | undefined {
  const host = container?.address ?? undefined;
  if (container === undefined || host === undefined) return undefined;
  if (container.published === undefined) return { host, port };
  const found = container.published.find((entry) => entry.port === port && entry.protocol === protocol);
  return found === undefined ? undefined : { host, port: found.published };
}
