import { BackgroundTask } from "../background-task.ts";
import { retryDelayMs } from "../domain/back-off.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock, type Engine } from "../ports.ts";

export interface EngineWatchComponents {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChange: () => void;
}

/** A watch that lasted this long clears the back-off, in milliseconds. */
const STABLE_MS = 30_000;

/** Listens to the engine for ever, also across its restarts. */
export class EngineWatch {
  readonly #components: EngineWatchComponents;
  readonly #task = new BackgroundTask((signal) => this.#run(signal));

  constructor(components: EngineWatchComponents) {
    this.#components = components;
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { engine, clock, log, onChange } = this.#components;
    let failures = 0;
    while (!signal.aborted) {
      const from = clock.now();
      try {
        await engine.watch(onChange, signal);
      } catch (error) {
        log.debug({ event: "engine.watch_failed", error }, "The engine's events cannot be read.");
      }
      // Something may have happened while nobody listened.
      onChange();
      failures = clock.now() - from >= STABLE_MS ? 1 : failures + 1;
      await clock.sleep(retryDelayMs(failures, Math.random()), signal);
    }
  }
}
