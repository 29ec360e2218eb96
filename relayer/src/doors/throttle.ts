import { type Throttle, type ThrottleInit } from "../bandwidth-ports.ts";

/** Longest sleep before the bandwidth is looked at again: its limit may have changed. */
const MAX_WAIT_MS = 1_000;

/** What a throttle asks of the bandwidth of its lease. */
export interface BandwidthUse {
  /** Counts bytes that have passed. @returns Milliseconds for which no more should pass. */
  spend(bytes: number): number;
  /** Milliseconds for which nothing should pass. */
  waitMs(): number;
}

/** Waits, for one connection, until the bandwidth that its lease used up is there again. */
export class BandwidthThrottle implements Throttle {
  readonly #bandwidth: BandwidthUse;
  readonly #init: ThrottleInit;
  #timer: NodeJS.Timeout | undefined;

  constructor(bandwidth: BandwidthUse, init: ThrottleInit) {
    this.#bandwidth = bandwidth;
    this.#init = init;
  }

  get isHolding(): boolean {
    return this.#timer !== undefined;
  }

  mayPass(): boolean {
    this.#holdFor(this.#bandwidth.waitMs());
    return !this.isHolding;
  }

  count(bytes: number): void {
    this.#holdFor(this.#bandwidth.spend(bytes));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #holdFor(waitMs: number): void {
    if (waitMs === 0 || this.isHolding) return;
    this.#sleep(waitMs);
    this.#init.onHold();
  }

  #sleep(waitMs: number): void {
    this.#timer = setTimeout(
      () => {
        this.#wake();
      },
      Math.min(waitMs, MAX_WAIT_MS),
    );
  }

  /** Others of the lease may have used up what came in meanwhile. */
  #wake(): void {
    const waitMs = this.#bandwidth.waitMs();
    if (waitMs > 0) {
      this.#sleep(waitMs);
      return;
    }
    this.#timer = undefined;
    this.#init.onGoOn();
  }
}
