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
  #stop: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(components: EngineWatchComponents) {
    this.#components = components;
  }

  start(): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop?.abort();
    this.#stop = undefined;
    await this.#running;
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
