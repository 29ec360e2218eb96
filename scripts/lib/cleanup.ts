import { setTimeout as delay } from "node:timers/promises";
import { describeError } from "./script-error.ts";

/** Anything that was started and must be ended. */
export interface Stoppable {
  stop(): Promise<void>;
}

const DEFAULT_STEP_TIMEOUT_MS = 60_000;

/**
 * What was started, ended in reverse order. Ends once, however often it is asked to; one step that fails or hangs
 * keeps no other from running.
 */
export class Cleanup implements Stoppable {
  readonly #steps: { name: string; end: () => unknown }[] = [];
  #stopping: Promise<void> | undefined;

  /** Registers the end of something. When the end already runs, it is run at once. */
  defer(name: string, end: () => unknown): void {
    this.#steps.push({ name, end });
    if (this.#stopping !== undefined) this.#stopping = this.#stopping.then(() => this.#drain());
  }

  /** Registers something with a `stop` and hands it back. */
  use<T extends Stoppable>(name: string, thing: T): T {
    this.defer(name, () => thing.stop());
    return thing;
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#drain();
    await this.#stopping;
  }

  async #drain(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await withTimeout(step.end());
      } catch (error) {
        process.stderr.write(`Ending ${step.name}: ${describeError(error)}\n`);
      }
    }
  }
}

async function withTimeout(work: unknown): Promise<void> {
  const timer = new AbortController();
  const late = delay(DEFAULT_STEP_TIMEOUT_MS, undefined, { signal: timer.signal, ref: false }).then(
    () => Promise.reject(new Error(`did not end within ${DEFAULT_STEP_TIMEOUT_MS / 1000} s`)),
    () => undefined,
  );
  try {
    await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

/**
 * Runs `work` with a cleanup of its own: when it throws, what it had started is ended before the error goes on.
 * When it succeeds, the cleanup belongs to the caller.
 */
export async function withCleanupOnFailure<T>(work: (cleanup: Cleanup) => Promise<T>): Promise<T> {
  const cleanup = new Cleanup();
  try {
    return await work(cleanup);
  } catch (error) {
    await cleanup.stop();
    throw error;
  }
}
