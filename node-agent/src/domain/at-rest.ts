import { areSame } from "./are-same.ts";
import { type LocatedLease } from "./lease-record.ts";
import { type ObservedContainer } from "./observed.ts";

/** What was seen of one lease in one look. */
interface Seen {
  readonly located: LocatedLease;
  readonly containers: readonly ObservedContainer[];
  /** Something of it is there though no container is. */
  readonly isLeft: boolean;
  readonly snapshot: { readonly headTime: number };
}

/**
 * Whether a block changes nothing for a lease that had nothing to do: chain and engine tell the very same of it, and it
 * is in no state in which the time of the chain alone can give it something to do.
 */
export function isAtRest(before: Seen, now: Seen): boolean {
  const { head, confirmed } = now.located;
  if (head?.state !== "active" || head.pending !== undefined) return false;
  if (head.paidUntil > 0 && now.snapshot.headTime >= head.paidUntil) return false;
  return (
    head === before.located.head &&
    confirmed === before.located.confirmed &&
    now.isLeft === before.isLeft &&
    areSame(now.containers, before.containers)
  );
}
