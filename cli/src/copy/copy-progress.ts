import { showBytes } from "../output/format.ts";
import { type Terminal } from "../output/terminal.ts";

/** A line of progress changes so often at most, in milliseconds. */
const EVERY_MS = 200;
const MS_PER_SECOND = 1_000;

/** Tells how far a copy is: at a terminal, on one line of standard error. */
export class CopyProgress {
  readonly #terminal: Terminal;
  readonly #total: number | undefined;
  readonly #from = performance.now();
  #shownAt = -Infinity;
  #bytes = 0;

  /** @param total Bytes to come, where that is known. */
  constructor(terminal: Terminal, total?: number) {
    this.#terminal = terminal;
    this.#total = total;
  }

  /** Counts what passes. */
  async *through(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of chunks) {
      this.#bytes += chunk.length;
      const now = performance.now();
      if (now - this.#shownAt >= EVERY_MS) {
        this.#shownAt = now;
        this.#terminal.progress(this.#text(now));
      }
      yield chunk;
    }
  }

  /** Takes the line away. */
  stop(): void {
    this.#terminal.progress("");
  }

  #text(now: number): string {
    const speed = this.#bytes / Math.max(1, now - this.#from) / (1 / MS_PER_SECOND);
    const of = this.#total === undefined ? "" : ` of ${showBytes(this.#total)}`;
    return `${showBytes(this.#bytes)}${of}, ${showBytes(Math.round(speed))}/s`;
  }
}
