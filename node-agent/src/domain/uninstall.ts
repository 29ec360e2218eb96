import { type Hex } from "viem";
import { type ChainSnapshot, type LeaseRecord, locateLease } from "./lease-record.ts";

/** A chain whose newest block is older than this says nothing of what is over, in seconds. */
export const MAX_HEAD_AGE_SECONDS = 300;
const MAX_NAMED = 10;

/** A thing of the engine that carries the label of this node. */
export interface Leftover {
  readonly kind: "container" | "network" | "volume";
  readonly id: string;
  readonly name: string;
  /** Undefined for what belongs to no lease, such as a probe. */
  readonly leaseHash: Hex | undefined;
  readonly lid: bigint | undefined;
}

/** What the chain says of the node's leases; `snapshot` is undefined where the operator key serves no node. */
export interface LeasesNow {
  readonly snapshot: ChainSnapshot | undefined;
  /** Unix seconds of the newest block. */
  readonly headTime: number;
}

/**
 * Why nothing may be removed yet; undefined when all of it may. A lease is over when it is closed at the depth at which
 * the chain is believed, or was never opened. What belongs to a lease that the chain does not know stays: it may be
 * another chain, or one that is behind.
 *
 * @param now Unix seconds.
 */
export function reasonToStay(
  { snapshot, headTime }: LeasesNow,
  leftovers: readonly Leftover[],
  now: number,
): string | undefined {
  const age = now - headTime;
  if (age > MAX_HEAD_AGE_SECONDS)
    return `The newest block is ${Math.floor(age)} s old, more than ${MAX_HEAD_AGE_SECONDS} s: what is over is not known`;
  const running = [...(snapshot?.leases ?? [])].filter(([, views]) => !isOver(views)).map(([lid]) => lid);
  if (running.length > 0)
    return `${running.length} leases are not over at the confirmation depth: ${named(running)}`;
  const unknown = leftovers.filter(({ leaseHash, lid }) => {
    if (leaseHash === undefined) return false;
    if (snapshot === undefined) return true;
    const { head, confirmed } = locateLease(snapshot, leaseHash, lid);
    return head?.state !== "closed" || confirmed?.state !== "closed";
  });
  if (unknown.length === 0) return undefined;
  return `${unknown.length} things on the engine belong to leases that this chain does not know: ${named(unknown.map(({ name }) => name))}`;
}

function isOver({ head, confirmed }: Record<"head" | "confirmed", LeaseRecord | undefined>): boolean {
  if (head === undefined && confirmed === undefined) return true;
  return confirmed?.state === "closed" && (head === undefined || head.state === "closed");
}

function named(all: readonly (bigint | string)[]): string {
  const more = all.length > MAX_NAMED ? ` and ${all.length - MAX_NAMED} more` : "";
  return `${all.slice(0, MAX_NAMED).join(", ")}${more}`;
}

const ORDER = { container: 0, network: 1, volume: 2 } as const;

/** In an order in which the engine lets go of them. */
export function removalOrder(leftovers: readonly Leftover[]): Leftover[] {
  return leftovers.toSorted((one, other) => ORDER[one.kind] - ORDER[other.kind]);
}
