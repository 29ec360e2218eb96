import { type Clock } from "../ports.ts";

interface Alarm {
  /** As the clock tells it. */
  readonly at: number;
  readonly stop: AbortController;
}

/** Why a loop goes on: `block` where nothing happened but that the chain has a new one. */
export type Wake = "block" | "any";

/** Wakes a loop: at once, or after a while. Wakes that come while it works are not lost. */
export class Wakeup {
  readonly #clock: Clock;
  #due: Wake | undefined;
  #wake: (() => void) | undefined;
  #alarm: Alarm | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): void {
    this.#due = "any";
    this.#wake?.();
  }

  /** The chain has a new block. */
  block(): void {
    this.#due ??= "block";
    this.#wake?.();
  }

  /** Only the earliest time is kept: the look that it wakes finds out again what else is to be waited for. */
  after(ms: number): void {
    if (ms <= 0) {
      this.now();
      return;
    }
    const at = this.#clock.now() + ms;
    if (this.#alarm !== undefined && this.#alarm.at <= at) return;
    this.#alarm?.stop.abort();
    const alarm: Alarm = { at, stop: new AbortController() };
    this.#alarm = alarm;
    void this.#clock.sleep(ms, alarm.stop.signal).then(() => {
      if (this.#alarm !== alarm) return;
      this.#alarm = undefined;
      this.now();
    });
  }

  /** Resolves when it is woken, after `ms`, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<Wake> {
    if (this.#due === undefined && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const ended = new AbortController();
        const wake = (): void => {
          signal.removeEventListener("abort", wake);
          ended.abort();
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener("abort", wake, { once: true });
        void this.#clock.sleep(ms, ended.signal).then(wake);
      });
    }
    this.#wake = undefined;
    const due = this.#due ?? "any";
    this.#due = undefined;
    return due;
  }

  stop(): void {
    this.#alarm?.stop.abort();
    this.#alarm = undefined;
  }
}
