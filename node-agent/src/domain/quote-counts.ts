/** How often one reason kept the node from an order. */
export interface RefusalCount {
  /** Of protocol/scores, or an error code of docs/ERRORS.md where no reason was found out. */
  readonly code: string;
  readonly count: number;
  /** The newest one: Unix milliseconds, sentence, figures. */
  readonly lastAt: number;
  readonly message: string;
  readonly needs?: string;
  readonly has?: string;
  readonly unit?: string;
}

/** What became of the orders of the last 24 hours, or since `since`. */
export interface QuoteReport {
  /** Unix milliseconds. */
  readonly since: number;
  readonly orders: number;
  readonly quoted: number;
  /** Most frequent first. One order may have several reasons. */
  readonly refusals: readonly RefusalCount[];
}

/** Why an order was refused. */
export interface RefusedFor {
  readonly code: string;
  readonly message: string;
  readonly needs?: string | undefined;
  readonly has?: string | undefined;
  readonly unit?: string | undefined;
}

const HOUR_MS = 3_600_000;
/** Full hours that are told, with the present one. */
const HOURS = 24;
/** Different codes that are counted; the protocol has fewer. */
export const MAX_COUNTED_CODES = 128;
const MAX_MESSAGE = 300;

interface Hour {
  quoted: number;
  orders: number;
  readonly refused: Map<string, number>;
}

/** What became of the orders of the last 24 hours, by hour, in memory of a fixed size. */
export class QuoteCounts {
  readonly #since: number;
  readonly #hours = new Map<number, Hour>();
  /** The newest refusal of each code. */
  readonly #last = new Map<string, Omit<RefusalCount, "count">>();

  /** @param now Unix milliseconds, here and everywhere. */
  constructor(now: number) {
    this.#since = now;
  }

  quoted(now: number): void {
    const hour = this.#hour(now);
    hour.orders += 1;
    hour.quoted += 1;
  }

  refused(now: number, reasons: readonly RefusedFor[]): void {
    const hour = this.#hour(now);
    hour.orders += 1;
    for (const code of new Set(reasons.map((reason) => reason.code))) {
      const reason = reasons.find((candidate) => candidate.code === code);
      if (reason === undefined || !this.#remember(now, reason)) continue;
      hour.refused.set(code, (hour.refused.get(code) ?? 0) + 1);
    }
  }

  report(now: number): QuoteReport {
    this.#forget(now);
    const hours = [...this.#hours.values()];
    const sum = (pick: (hour: Hour) => number): number =>
      hours.reduce((total, hour) => total + pick(hour), 0);
    const refusals = [...this.#last.values()].flatMap((last) => {
      const count = sum(({ refused }) => refused.get(last.code) ?? 0);
      return count === 0 ? [] : [{ ...last, count }];
    });
    return {
      since: Math.max(this.#since, now - HOURS * HOUR_MS),
      orders: sum(({ orders }) => orders),
      quoted: sum(({ quoted }) => quoted),
      refusals: refusals.sort((left, right) => right.count - left.count || (left.code < right.code ? -1 : 1)),
    };
  }

  /** False for a code beyond those that are counted. */
  #remember(now: number, { code, message, needs, has, unit }: RefusedFor): boolean {
    if (!this.#last.has(code) && this.#last.size >= MAX_COUNTED_CODES) return false;
    const figures =
      needs === undefined || has === undefined || unit === undefined ? {} : { needs, has, unit };
    this.#last.set(code, { code, lastAt: now, message: message.slice(0, MAX_MESSAGE), ...figures });
    return true;
  }

  #hour(now: number): Hour {
    this.#forget(now);
    const index = Math.floor(now / HOUR_MS);
    const known = this.#hours.get(index);
    if (known !== undefined) return known;
    const hour: Hour = { quoted: 0, orders: 0, refused: new Map() };
    this.#hours.set(index, hour);
    return hour;
  }

  #forget(now: number): void {
    const newest = Math.floor(now / HOUR_MS);
    for (const index of this.#hours.keys())
      if (index <= newest - HOURS || index > newest) this.#hours.delete(index);
  }
}
