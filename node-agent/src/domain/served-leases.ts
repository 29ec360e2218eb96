import { type Hex } from "viem";
import { type ChainSnapshot } from "./lease-record.ts";
import { type ObservedContainer } from "./observed.ts";

const RUNNING: ReadonlySet<string> = new Set(["active", "reclaiming"]);

/** Leases that a node may say that it serves: they run on chain, and so do all of their containers here. */
export function servedLeases(
  {
    snapshot,
    containers,
  }: { readonly snapshot: ChainSnapshot; readonly containers: readonly ObservedContainer[] },
  nodeId: bigint,
): Hex[] {
  const isUp = new Map<Hex, boolean>();
  for (const { leaseHash, state } of containers)
    isUp.set(leaseHash, (isUp.get(leaseHash) ?? true) && state === "running");
  return [...snapshot.leases.values()].flatMap(({ head }) =>
    head?.nodeId === nodeId && RUNNING.has(head.state) && isUp.get(head.leaseHash) === true
      ? [head.leaseHash]
      : [],
  );
}
