import { ProtocolError } from "@fizz/protocol/errors";
import { type Clock } from "../ports.ts";

/** Control streams that one client may have open at once. */
export const MAX_STREAMS_PER_PEER = 32;
/** Control streams that the gateway may have open at once; it forwards for everybody else. */
export const MAX_GATEWAY_STREAMS = 1_024;
/** Control requests of one client per window. */
export const MAX_REQUESTS_PER_WINDOW = 300;
/** Control requests of the gateway per window. */
export const MAX_GATEWAY_REQUESTS_PER_WINDOW = 6_000;
const WINDOW_MS = 60_000;
const MS_PER_SECOND = 1_000;
/** A place is free as soon as one of the client's own requests ends. */
const PLACE_MS = 1_000;
/** Clients that are counted at a time. */
export const MAX_PEERS = 2_048;

/** What one client may have, when it is not what control allows. */
export interface PeerLimitsInit {
  readonly maxStreams?: number;
  readonly maxRequestsPerWindow?: number;
}

interface Count {
  open: number;
  requests: number;
  windowFrom: number;
}

/** Bounds what one peer may ask at once and per minute. */
export class PeerLimits {
  readonly #clock: Clock;
  readonly #maxStreams: number;
  readonly #maxRequests: number;
  readonly #counts = new Map<string, Count>();

  constructor(clock: Clock, init: PeerLimitsInit = {}) {
    this.#clock = clock;
    this.#maxStreams = init.maxStreams ?? MAX_STREAMS_PER_PEER;
    this.#maxRequests = init.maxRequestsPerWindow ?? MAX_REQUESTS_PER_WINDOW;
  }

  /**
   * Counts a request in.
   *
   * @returns A function to call when it is over.
   * @throws ProtocolError RATE_LIMITED, with `retryAfterSeconds` in its details; LIMIT_REACHED
   */
  enter(peer: string, isGateway: boolean): () => void {
    const count = this.#countOf(peer);
    const most = isGateway ? MAX_GATEWAY_STREAMS : this.#maxStreams;
    const mostPerWindow = isGateway ? MAX_GATEWAY_REQUESTS_PER_WINDOW : this.#maxRequests;
    if (count.requests >= mostPerWindow)
      throw tooMany("in this minute", count.windowFrom + WINDOW_MS - this.#clock.now());
    if (count.open >= most) throw tooMany("at once", PLACE_MS);
    count.open += 1;
    count.requests += 1;
    let isOver = false;
    return () => {
      if (!isOver) count.open -= 1;
      isOver = true;
    };
  }

  #countOf(peer: string): Count {
    const now = this.#clock.now();
    const known = this.#counts.get(peer);
    if (known === undefined) {
      this.#prune(now);
      const fresh = { open: 0, requests: 0, windowFrom: now };
      this.#counts.set(peer, fresh);
      return fresh;
    }
    if (now - known.windowFrom >= WINDOW_MS) {
      known.requests = 0;
      known.windowFrom = now;
    }
    return known;
  }

  #prune(now: number): void {
    if (this.#counts.size < MAX_PEERS) return;
    for (const [peer, { open, windowFrom }] of this.#counts)
      if (open === 0 && now - windowFrom >= WINDOW_MS) this.#counts.delete(peer);
    if (this.#counts.size >= MAX_PEERS)
      throw new ProtocolError("LIMIT_REACHED", "The node serves too many clients now. Try again later.");
  }
}

function tooMany(when: string, waitMs: number): ProtocolError {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / MS_PER_SECOND));
  return new ProtocolError(
    "RATE_LIMITED",
    `Too many requests ${when}. Try again in ${retryAfterSeconds} s.`,
    { details: { retryAfterSeconds } },
  );
}
