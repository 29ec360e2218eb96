import { PULSE_MS } from "@fizz/protocol/messages";

/** Time that is looked back at, in slots, and one slot, in milliseconds: 7 days in quarters of a day. */
const SLOTS = 28;
const SLOT_MS = 6 * 3_600_000;
/** Silence between two words of a node that counts as time for which it was there. */
export const MAX_HEARD_GAP_MS = 1.5 * PULSE_MS;
/** Less time than this measures nothing. */
export const MIN_UPTIME_MS = 3_600_000;
const FULL_BPS = 10_000;

/**
 * How much of the last 7 days a node was there, by the pulses that its gateway heard. Time is what counts, and not the
 * number of pulses: more of them later do not make up for silence. Time is given, in Unix milliseconds.
 */
export class UptimeRecord {
  /** Milliseconds of each slot for which the node was there; slot `n` of all time has the place `n % SLOTS`. */
  readonly #heard = new Uint32Array(SLOTS);
  readonly #since: number;
  #last: number;

  /** @param now When the node was seen first. */
  constructor(now: number) {
    this.#since = now;
    this.#last = now;
  }

  /** The node said something. */
  hear(now: number): void {
    if (now <= this.#last) return;
    this.#forget(now);
    const end = this.#last + standsFor(now - this.#last);
    const oldest = startOf(slotOf(now) - SLOTS + 1);
    for (let at = Math.max(this.#last, oldest); at < end;) {
      const slot = slotOf(at);
      const next = Math.min(end, startOf(slot + 1));
      this.#heard[slot % SLOTS] = (this.#heard[slot % SLOTS] ?? 0) + next - at;
      at = next;
    }
    this.#last = now;
  }

  /**
   * Time for which it was there / time since it was seen first, of the last 7 days; in 1/10000.
   *
   * @returns Null while that is less than MIN_UPTIME_MS.
   */
  bpsAt(now: number): number | null {
    if (now - this.#since < MIN_UPTIME_MS) return null;
    const oldest = slotOf(now) - SLOTS + 1;
    const start = Math.max(this.#since, startOf(oldest));
    const elapsed = now - start;
    let heard = Math.max(0, this.#last + standsFor(now - this.#last) - Math.max(this.#last, start));
    for (let slot = oldest; slot <= slotOf(this.#last); slot += 1) heard += this.#heard[slot % SLOTS] ?? 0;
    return Math.min(FULL_BPS, Math.floor((heard * FULL_BPS) / elapsed));
  }

  /** Empties the slots that begin between the last word and now: their places hold what was a week before. */
  #forget(now: number): void {
    const first = Math.max(slotOf(this.#last) + 1, slotOf(now) - SLOTS + 1);
    for (let slot = first; slot <= slotOf(now); slot += 1) this.#heard[slot % SLOTS] = 0;
  }
}

/** What a node's word before a longer silence stands for is one pulse. */
function standsFor(gapMs: number): number {
  return gapMs <= MAX_HEARD_GAP_MS ? gapMs : PULSE_MS;
}

function slotOf(time: number): number {
  return Math.floor(time / SLOT_MS);
}

function startOf(slot: number): number {
  return slot * SLOT_MS;
}
