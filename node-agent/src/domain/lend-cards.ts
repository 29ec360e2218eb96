import { type Hex } from "viem";
import { type GpuCard } from "./gpu-card.ts";

/** Cards that a container has, by the labels of the engine. */
export interface CardHolder {
  readonly leaseHash: Hex | undefined;
  readonly service: string;
  readonly replica: number;
  readonly uuids: readonly string[];
}

/** The container that needs cards. */
export interface CardNeed {
  readonly leaseHash: Hex;
  readonly service: string;
  readonly replica: number;
  readonly units: number;
}

/**
 * Which cards a new container gets. Nobody else's; but a replica whose next version starts beside it shares its own cards
 * with it, as there may be no others.
 *
 * @param cards Those that can be leased, in the order in which they are given.
 * @returns Undefined when too few are free.
 */
export function chooseCards(
  need: CardNeed,
  cards: readonly GpuCard[],
  holders: readonly CardHolder[],
): readonly GpuCard[] | undefined {
  const own = holders.filter((holder) => isSameReplica(holder, need)).flatMap(({ uuids }) => uuids);
  const others = new Set(
    holders.filter((holder) => !isSameReplica(holder, need)).flatMap(({ uuids }) => uuids),
  );
  const free = cards.filter(({ uuid }) => !others.has(uuid));
  const ordered = [
    ...free.filter(({ uuid }) => own.includes(uuid)),
    ...free.filter(({ uuid }) => !own.includes(uuid)),
  ];
  return ordered.length < need.units ? undefined : ordered.slice(0, need.units);
}

function isSameReplica(holder: CardHolder, need: CardNeed): boolean {
  return (
    holder.leaseHash === need.leaseHash && holder.service === need.service && holder.replica === need.replica
  );
}
