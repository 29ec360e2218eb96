/** What is known of one transaction number of the gateway's key, read in this order. */
export interface SlotFacts {
  readonly nonce: number;
  /** Newest block when the reading began. */
  readonly head: bigint;
  /** Block of the one of its transactions that is in the chain. */
  readonly minedIn: bigint | undefined;
  /** Whether it was seen in a block before. */
  readonly wasMined: boolean;
  /** Transactions of the key at the head, and at the confirmation depth. */
  readonly count: number;
  readonly confirmedCount: number;
  /** Whether the RPC has the newest transaction. */
  readonly isKnown: boolean;
  /** Head when the newest transaction was made, or when the number became the next of the key, if that was later. */
  readonly waitsSince: bigint;
}

export interface SlotInit {
  /** Blocks on top that make a block final. */
  readonly depth: bigint;
  /** Blocks without inclusion after which the fees are raised. */
  readonly bumpBlocks: bigint;
}

/**
 * `settle`: deep enough. `note`: in a block, not deep enough. `lost`: a reorganisation took it out. `release`: another
 * process used the number for good. `resend`: the RPC has it not. `replace`: it waits too long. `wait`: nothing to do.
 */
export type SlotStep = "settle" | "note" | "lost" | "release" | "resend" | "replace" | "wait";

/** What to do next. A number is given up only when the chain, at depth, has another transaction under it. */
export function nextStep(facts: SlotFacts, { depth, bumpBlocks }: SlotInit): SlotStep {
  const { head, minedIn } = facts;
  if (minedIn !== undefined) return head >= minedIn + depth ? "settle" : "note";
  if (facts.wasMined) return "lost";
  if (facts.confirmedCount > facts.nonce) return "release";
  if (facts.count > facts.nonce) return "wait";
  // A higher fee helps the next number only: those behind it wait for it, whatever they offer.
  if (facts.count === facts.nonce && head >= facts.waitsSince + bumpBlocks) return "replace";
  return facts.isKnown ? "wait" : "resend";
}
