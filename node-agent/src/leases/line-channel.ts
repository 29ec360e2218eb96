import { type LogLine, MAX_FEED_BATCH } from "@fizz/protocol/messages";

/** Lines that wait for a slow reader; the containers' logs wait in the engine beyond that. */
export const MAX_WAITING_LINES = 1_000;

/** Lines of many producers for one consumer, in order of arrival. Producers wait while it is full. */
export class LineChannel {
  readonly #lines: LogLine[] = [];
  readonly #signal: AbortSignal;
  #wakeReader: (() => void) | undefined;
  readonly #wakeWriters = new Set<() => void>();
  #failure: unknown;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      this.#wakeAll();
    });
  }

  /** Returns when there is room for more; at once when the signal aborted. */
  async push(line: LogLine): Promise<void> {
    this.#lines.push(line);
    this.#wakeReader?.();
    while (this.#lines.length >= MAX_WAITING_LINES && !this.#signal.aborted)
      await new Promise<void>((resolve) => this.#wakeWriters.add(resolve));
  }

  fail(error: unknown): void {
    this.#failure = error;
    this.#wakeAll();
  }

  /** Batches until the signal aborts; throws what `fail` got. */
  async *batches(): AsyncGenerator<LogLine[], void, void> {
    while (!this.#signal.aborted) {
      if (this.#failure !== undefined) throw this.#failure as Error;
      if (this.#lines.length > 0) {
        yield this.#lines.splice(0, MAX_FEED_BATCH);
        this.#wakeWaiting();
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
        if (this.#signal.aborted) resolve();
      });
    }
  }

  #wakeAll(): void {
    this.#wakeReader?.();
    this.#wakeWaiting();
  }

  #wakeWaiting(): void {
    for (const wake of this.#wakeWriters) wake();
    this.#wakeWriters.clear();
  }
}
