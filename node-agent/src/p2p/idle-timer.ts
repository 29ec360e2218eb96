import { ProtocolError } from "@fizz/protocol/errors";

/**
 * A program or private connection on which nothing moved for so long is ended, in milliseconds. Not to find who is gone:
 * pings of the connection tell that within a minute. It frees the place of who forgot it.
 */
export const SESSION_IDLE_MS = 12 * 3_600_000;
/** Looks within that time. */
const LOOKS = 8;

/** Ends what nothing moves on. */
export class IdleTimer {
  readonly #expired = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /**
   * @param idleMs It ends after this time, and an eighth more at most.
   * @param moved Grows with whatever moves, such as a count of bytes.
   */
  constructor(idleMs: number, moved: () => number) {
    let seen = moved();
    let quiet = 0;
    this.#timer = setInterval(() => {
      const now = moved();
      quiet = now === seen ? quiet + 1 : 0;
      seen = now;
      if (quiet >= LOOKS) this.#expired.abort(new ProtocolError("TIMEOUT", "Nothing moved for too long."));
    }, idleMs / LOOKS);
  }

  /** Aborts with TIMEOUT. */
  get signal(): AbortSignal {
    return this.#expired.signal;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
