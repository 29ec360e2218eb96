/** Wakes a loop: at once, or after a while. Wakes that come while it works are not lost. */
export class Wakeup {
  #isDue = false;
  #wake: (() => void) | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();

  now(): void {
    this.#isDue = true;
    this.#wake?.();
  }

  after(ms: number): void {
    if (ms <= 0) {
      this.now();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.now();
    }, ms);
    this.#timers.add(timer);
  }

  /** Resolves when it is woken, after `ms`, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isDue && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener("abort", this.#wake, { once: true });
      });
    }
    this.#wake = undefined;
    this.#isDue = false;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
