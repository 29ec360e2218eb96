import { ProtocolError } from "@fizz/protocol/errors";
import { CONTROL_TIMEOUT_MS } from "@fizz/protocol/messages";
import { type SignedGrant } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import { type Authority, type ControlGate } from "../ports.ts";
import { type Request } from "./answer-streams.ts";

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

/**
 * Does for a tenant what its grant allows with the scope `exec`, counted among the lease's streams of that kind.
 *
 * @param run Is given a signal for its beginning, which must not take longer than CONTROL_TIMEOUT_MS.
 * @throws ProtocolError as ControlGate; LIMIT_REACHED
 */
export async function whileAllowed(
  { gate, leases }: { readonly gate: Pick<ControlGate, "authorize">; readonly leases: LeaseStreams },
  { message: { signed }, remotePeer, signal: gone }: Request<{ readonly signed: SignedGrant }>,
  run: (authority: Authority, starting: AbortSignal) => Promise<void>,
): Promise<void> {
  const authority = await gate.authorize({ auth: { signed }, remotePeer, signal: gone }, "exec");
  const leave = leases.enter(authority.leaseHash);
  try {
    await run(authority, AbortSignal.any([gone, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]));
  } finally {
    leave();
  }
}

/** Why what a tenant does is to end, when that is not its own end. */
export function reasonOf({ aborted, reason }: AbortSignal): ProtocolError | undefined {
  return aborted && reason instanceof ProtocolError ? reason : undefined;
}
