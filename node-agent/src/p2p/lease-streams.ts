import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";

/** Private connections into one lease, and into all of a node, at once. */
export const MAX_CONNECTS_PER_LEASE = 512;
export const MAX_CONNECTS = 2_048;

export interface LeaseStreamsInit {
  readonly perLease: number;
  readonly total: number;
  /** What they are, for people. */
  readonly what: string;
}

const CONNECTS: LeaseStreamsInit = {
  perLease: MAX_CONNECTS_PER_LEASE,
  total: MAX_CONNECTS,
  what: "private connections",
};

/** Counts the streams of one kind of each lease. */
export class LeaseStreams {
  readonly #init: LeaseStreamsInit;
  readonly #perLease = new Map<Hex, number>();
  #total = 0;

  constructor(init: LeaseStreamsInit = CONNECTS) {
    this.#init = init;
  }

  /**
   * Counts one in.
   *
   * @returns A function to call when it is over.
   * @throws ProtocolError LIMIT_REACHED
   */
  enter(leaseHash: Hex): () => void {
    const { perLease, total, what } = this.#init;
    const open = this.#perLease.get(leaseHash) ?? 0;
    if (open >= perLease)
      throw new ProtocolError("LIMIT_REACHED", `The lease has ${open} ${what} open already.`);
    if (this.#total >= total)
      throw new ProtocolError("LIMIT_REACHED", `The node has too many ${what} open already.`);
    this.#perLease.set(leaseHash, open + 1);
    this.#total += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#total -= 1;
      const left = (this.#perLease.get(leaseHash) ?? 1) - 1;
      if (left === 0) this.#perLease.delete(leaseHash);
      else this.#perLease.set(leaseHash, left);
    };
  }
}
