import { toWire } from "@fizz/protocol/messages";

/** Facts of a step, for its JSON line. Bigints become decimal strings. */
export type Facts = Readonly<Record<string, unknown>>;

/** Runs named steps one after the other and writes one JSON line for each on stdout. */
export class Steps {
  readonly #started = Date.now();
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Runs a step. `factsOf` picks what its line tells of the result. */
  async run<T>(name: string, work: () => Promise<T>, factsOf: (result: T) => Facts): Promise<T> {
    this.#signal.throwIfAborted();
    const started = Date.now();
    try {
      const result = await work();
      this.#print({ step: name, ms: Date.now() - started, ...factsOf(result) });
      return result;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#print({ step: name, ms: Date.now() - started, ok: false, error: why });
      throw error;
    }
  }

  /** The last line. */
  end(): void {
    this.#print({ step: "done", ms: Date.now() - this.#started, ok: true });
  }

  #print(line: Facts): void {
    process.stdout.write(`${toWire(line)}\n`);
  }
}

/** Throws when a figure is not what it must be; both go into the message. */
export function requireEqual(what: string, actual: bigint, expected: bigint): void {
  if (actual !== expected) throw new Error(`${what} is ${actual}, and must be ${expected}`);
}
