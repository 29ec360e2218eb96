import { ProtocolError } from "@fizz/protocol/errors";
import { type Address, type Hex } from "viem";
import { type Clock } from "../ports.ts";

const WINDOW_MS = 60_000;
const MS_PER_SECOND = 1_000;
/** Wallets that are counted at once; the one whose minute began first is forgotten. */
const MAX_WALLETS = 10_000;
/** Times that the very same signed item is looked at in a minute. */
const MAX_REPEATS = 4;

interface Minute {
  readonly from: number;
  /** How often each signed item came. */
  readonly items: Map<Hex, number>;
}

export interface WalletLimitInit {
  readonly clock: Clock;
  /** Calls per minute of one wallet. */
  readonly perMinute: () => number;
  readonly onRefused: () => void;
  readonly maxWallets?: number;
}

/**
 * Counts what wallets sign, wherever it comes from. A call counts by what was signed for it, a nonce or a request: who has
 * seen a signature can send it again, and uses up nothing of its wallet's but the tries of that one item.
 */
export class WalletLimit {
  readonly #init: WalletLimitInit;
  readonly #minutes = new Map<Address, Minute>();

  constructor(init: WalletLimitInit) {
    this.#init = init;
  }

  /**
   * Call it only when the signature was checked.
   *
   * @param item What was signed.
   * @throws ProtocolError RATE_LIMITED, with `retryAfterSeconds` in its details
   */
  take(wallet: Address, item: Hex): void {
    const { clock, perMinute, onRefused } = this.#init;
    const now = clock();
    const { from, items } = this.#minuteOf(wallet, now);
    const times = items.get(item) ?? 0;
    const isOver = times === 0 ? items.size >= perMinute() : times >= MAX_REPEATS;
    if (!isOver) {
      items.set(item, times + 1);
      return;
    }
    onRefused();
    const what = times === 0 ? "Too many calls of this wallet" : "This was sent too often";
    const retryAfterSeconds = Math.max(1, Math.ceil((from + WINDOW_MS - now) / MS_PER_SECOND));
    throw new ProtocolError("RATE_LIMITED", `${what}. Try again in ${retryAfterSeconds} s.`, {
      details: { retryAfterSeconds },
    });
  }

  #minuteOf(wallet: Address, now: number): Minute {
    const known = this.#minutes.get(wallet);
    // A clock that was set back does not lengthen the minute.
    if (known !== undefined && now >= known.from && now - known.from < WINDOW_MS) return known;
    this.#minutes.delete(wallet);
    for (const [other] of this.#minutes) {
      if (this.#minutes.size < (this.#init.maxWallets ?? MAX_WALLETS)) break;
      this.#minutes.delete(other);
    }
    const minute = { from: now, items: new Map<Hex, number>() };
    this.#minutes.set(wallet, minute);
    return minute;
  }
}
