import type { LeaseView } from "../lease/read-lease.ts";

/** How a tenant ends a lease at this moment, and what it costs. Amounts are wei. */
export interface CloseWay {
  /** `expire` ends a lease that the node did not start in time. */
  readonly call: "close" | "expire";
  /** Reason code of `close`. */
  readonly reason: "tenant.closed" | "tenant.cancelled";
  readonly sentence: string;
  readonly refund: bigint;
  readonly cost: bigint;
  readonly costLabel: string;
}

/** @param facts.now Unix time in seconds. */
export function closeWayOf(
  lease: LeaseView,
  facts: { readonly now: number; readonly hasReceipt: boolean },
): CloseWay {
  const { refund, earned } = lease;
  if (lease.state !== "open")
    return {
      call: "close",
      reason: "tenant.closed",
      sentence: "Billing stops with the block that closes it; what was not used comes back.",
      refund,
      cost: earned,
      costLabel: "To the node for the time since it was last paid",
    };
  const isLate = facts.now > lease.deadline;
  if (isLate && facts.hasReceipt)
    return {
      call: "expire",
      reason: "tenant.cancelled",
      sentence:
        "The node had the manifest and missed its start: everything comes back, and the node gets a strike.",
      refund: refund + earned,
      cost: 0n,
      costLabel: "To the node",
    };
  return {
    call: isLate ? "expire" : "close",
    reason: "tenant.cancelled",
    sentence: "It has not started: the node keeps a small fee for what it reserved.",
    refund,
    cost: earned,
    costLabel: "Reservation fee to the node",
  };
}
