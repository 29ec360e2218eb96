import { ProtocolError } from "@fizz/protocol/errors";
import { type SessionGrant, type SessionScope } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import { revokedUpTo, type RevokedGrants } from "../domain/revoked-grants.ts";
import { type Clock } from "../ports.ts";

/** Interval at which grants are held against the clock, in milliseconds: a machine that slept has missed its timers. */
const SWEEP_MS = 1_000;

interface Held {
  readonly grant: SessionGrant;
  /** Events are told beyond the end of a lease, to the last one. */
  readonly outlivesLease: boolean;
  readonly over: AbortController;
}

/** What runs under each grant, so that it ends with the grant: when that expires, is revoked, or its lease is over. */
export class LiveGrants {
  readonly #clock: Pick<Clock, "now">;
  readonly #sweepMs: number;
  readonly #held = new Map<Hex, Set<Held>>();
  #timer: NodeJS.Timeout | undefined;

  /** @param sweepMs SWEEP_MS when it is not said. */
  constructor(clock: Pick<Clock, "now">, sweepMs = SWEEP_MS) {
    this.#clock = clock;
    this.#sweepMs = sweepMs;
  }

  /**
   * @param scope What is done under the grant.
   * @param gone Aborts when there is nothing to end any more.
   * @returns Aborts when the grant is over; its reason is a ProtocolError: GRANT_EXPIRED, GRANT_REVOKED, LEASE_WRONG_STATE.
   */
  hold(grant: SessionGrant, scope: SessionScope, gone: AbortSignal): AbortSignal {
    const held: Held = { grant, outlivesLease: scope === "events", over: new AbortController() };
    if (gone.aborted) return held.over.signal;
    const ofLease = this.#held.get(grant.leaseHash) ?? new Set();
    this.#held.set(grant.leaseHash, ofLease.add(held));
    gone.addEventListener(
      "abort",
      () => {
        this.#drop(held);
      },
      { once: true },
    );
    this.#timer ??= setInterval(() => {
      this.#sweep();
    }, this.#sweepMs);
    return held.over.signal;
  }

  /** What runs under grants now. */
  count(): number {
    return [...this.#held.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** @returns How many were ended. */
  endRevoked(leaseHash: Hex, revoked: RevokedGrants): number {
    return this.#end(leaseHash, ({ grant }) => {
      const upTo = revokedUpTo(revoked, grant);
      return upTo === undefined ? undefined : grantRevoked(upTo);
    });
  }

  /** @returns How many were ended. */
  endLease(leaseHash: Hex): number {
    return this.#end(leaseHash, ({ outlivesLease }) => (outlivesLease ? undefined : leaseOver()));
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const leaseHash of [...this.#held.keys()])
      this.#end(leaseHash, ({ grant }) => (grant.expiresAt * 1_000 <= now ? grantExpired() : undefined));
  }

  #end(leaseHash: Hex, why: (held: Held) => ProtocolError | undefined): number {
    let ended = 0;
    for (const held of [...(this.#held.get(leaseHash) ?? [])]) {
      const reason = why(held);
      if (reason === undefined) continue;
      this.#drop(held);
      held.over.abort(reason);
      ended += 1;
    }
    return ended;
  }

  #drop(held: Held): void {
    const { leaseHash } = held.grant;
    const ofLease = this.#held.get(leaseHash);
    ofLease?.delete(held);
    if (ofLease?.size === 0) this.#held.delete(leaseHash);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

export function grantExpired(): ProtocolError {
  return new ProtocolError("GRANT_EXPIRED", "The session grant is too old. Sign a new one.");
}

/** @param upTo Unix seconds. */
export function grantRevoked(upTo: number): ProtocolError {
  const until = new Date(upTo * 1_000).toISOString();
  const message = `The tenant revoked this session grant. Sign a new one that lasts beyond ${until}.`;
  return new ProtocolError("GRANT_REVOKED", message);
}

export function leaseOver(): ProtocolError {
  return new ProtocolError(
    "LEASE_WRONG_STATE",
    "The deployment is over; only its events are kept, for a day.",
  );
}
