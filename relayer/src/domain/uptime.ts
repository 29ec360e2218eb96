import { PULSE_MS } from "@fizz/protocol/messages";

/** Time that is looked back at, in slots, and one slot, in milliseconds: 7 days in quarters of a day. */
const SLOTS = 28;
const SLOT_MS = 6 * 3_600_000;
/** Silence between two words of a node that counts as time for which it was there. */
export const MAX_HEARD_GAP_MS = 1.5 * PULSE_MS;
/** Less time than this, time that was listened in, measures nothing. */
export const MIN_UPTIME_MS = 3_600_000;
const FULL_BPS = 10_000;

/** A record as it is kept; times in Unix milliseconds. */
export interface KeptUptime {
  readonly since: number;
  readonly last: number;
  readonly keptAt: number;
  /** Milliseconds by slot. */
  readonly heard: readonly number[];
  readonly away: readonly number[];
}

/**
 * How much of the last 7 days a node was there, by the pulses that its gateway heard. Time is what counts, and not the
 * number of pulses: more of them later do not make up for silence. Time is given, in Unix milliseconds.
 */
export class UptimeRecord {
  /** Milliseconds of each slot for which the node was there; slot `n` of all time has the place `n % SLOTS`. */
  readonly #heard = new Uint32Array(SLOTS);
  /** Milliseconds of each slot for which nobody listened. */
  readonly #away = new Uint32Array(SLOTS);
  #since: number;
  #last: number;

  /** @param now When the node was seen first. */
  constructor(now: number) {
    this.#since = now;
    this.#last = now;
  }

  /**
   * Goes on with a record that was kept.
   *
   * @param from Since when somebody listens again: what is between `keptAt` and that is nobody's silence.
   */
  static restore(kept: KeptUptime, from: number): UptimeRecord {
    const record = new UptimeRecord(kept.last);
    record.#since = kept.since;
    record.#heard.set(kept.heard.slice(0, SLOTS));
    record.#away.set(kept.away.slice(0, SLOTS));
    const { keptAt } = kept;
    if (from <= keptAt) return record;
    const standing = Math.min(standsFor(keptAt - kept.last), keptAt - kept.last);
    record.#forget(from);
    record.#add(record.#heard, { from: kept.last, to: kept.last + standing }, from);
    record.#add(record.#away, { from: keptAt, to: from }, from);
    record.#last = from;
    return record;
  }

  /** Takes over what another record of the same node heard after this one. */
  join(later: UptimeRecord): void {
    this.#forget(later.#last);
    for (const [place, heard] of later.#heard.entries())
      this.#heard[place] = (this.#heard[place] ?? 0) + heard;
    this.#last = Math.max(this.#last, later.#last);
  }

  keep(now: number): KeptUptime {
    return {
      ...{ since: this.#since, last: this.#last, keptAt: now },
      ...{ heard: [...this.#heard], away: [...this.#away] },
    };
  }

  /** The node said something. */
  hear(now: number): void {
    if (now <= this.#last) return;
    this.#forget(now);
    this.#add(this.#heard, { from: this.#last, to: this.#last + standsFor(now - this.#last) }, now);
    this.#last = now;
  }

  /**
   * Time for which it was there / time since it was seen first, of the last 7 days; in 1/10000.
   *
   * @returns Null while that is less than MIN_UPTIME_MS.
   */
  bpsAt(now: number): number | null {
    const oldest = slotOf(now) - SLOTS + 1;
    const start = Math.max(this.#since, startOf(oldest));
    let elapsed = now - start;
    let heard = Math.max(0, this.#last + standsFor(now - this.#last) - Math.max(this.#last, start));
    for (let slot = oldest; slot <= slotOf(this.#last); slot += 1) {
      heard += this.#heard[slot % SLOTS] ?? 0;
      elapsed -= this.#away[slot % SLOTS] ?? 0;
    }
    if (elapsed < MIN_UPTIME_MS) return null;
    return Math.min(FULL_BPS, Math.floor((heard * FULL_BPS) / elapsed));
  }

  /** Adds a span of time to its slots; what is older than the window at `now` is left out. */
  #add(slots: Uint32Array, span: { readonly from: number; readonly to: number }, now: number): void {
    for (let at = Math.max(span.from, startOf(slotOf(now) - SLOTS + 1)); at < span.to;) {
      const slot = slotOf(at);
      const next = Math.min(span.to, startOf(slot + 1));
      slots[slot % SLOTS] = (slots[slot % SLOTS] ?? 0) + next - at;
      at = next;
    }
  }

  /** Empties the slots that begin between the last word and now: their places hold what was a week before. */
  #forget(now: number): void {
    const first = Math.max(slotOf(this.#last) + 1, slotOf(now) - SLOTS + 1);
    for (let slot = first; slot <= slotOf(now); slot += 1) {
      this.#heard[slot % SLOTS] = 0;
      this.#away[slot % SLOTS] = 0;
    }
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
