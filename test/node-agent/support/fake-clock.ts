import { type Clock } from "../../../node-agent/src/ports.ts";

/** A clock that stands until it is moved; sleeping moves it. */
export class FakeClock implements Clock {
  #now: number;

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (!signal.aborted) this.#now += ms;
    await new Promise((resolve) => setImmediate(resolve));
  }

  move(ms: number): void {
    this.#now += ms;
  }
}
