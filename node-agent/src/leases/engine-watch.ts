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

/** Longest wait before another try to listen, in milliseconds: containers that an engine took along are to be back soon. */
const MAX_RETRY_MS = 4_000;
/**
 * What ends so shortly before or after an absence was ended by it, in milliseconds: an engine that shuts down answers
 * while it stops its containers, for 15 s unless told otherwise.
 */
const BEFORE_MS = 15_000;
const AFTER_MS = 2_000;

/** Listens to the engine for ever, also across its restarts. */
export class EngineWatch {
  readonly #components: EngineWatchComponents;
  #absence = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };
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

  /** Whether the engine was away at a time, in Unix milliseconds: a container that ended then ended with it. */
  wasAway(at: number): boolean {
    const { from, to } = this.#absence;
    return at >= from - BEFORE_MS && at <= to + AFTER_MS;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { engine, clock, log, onChange } = this.#components;
    let failures = 0;
    let awayFrom = Number.POSITIVE_INFINITY;
    while (!signal.aborted) {
      const from = clock.now();
      this.#absence = { from: awayFrom, to: from };
      try {
        await engine.watch(onChange, signal);
        awayFrom = clock.now();
      } catch (error) {
        awayFrom = Math.min(awayFrom, from);
        log.debug({ event: "engine.watch_failed", error }, "The engine's events cannot be read.");
      }
      // Something may have happened while nobody listened.
      onChange();
      failures = clock.now() - from >= STABLE_MS ? 1 : failures + 1;
      await clock.sleep(Math.min(MAX_RETRY_MS, retryDelayMs(failures, Math.random())), signal);
    }
  }
}
