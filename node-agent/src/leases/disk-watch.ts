import { BackgroundTask } from "../background-task.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock, type Engine } from "../ports.ts";

/** Least time between two looks at what containers have on disk, in milliseconds. */
const MEASURE_EVERY_MS = 20_000;
/** A look takes at most this share of the time. */
const MAX_SHARE = 0.1;
const MEASURE_TIMEOUT_MS = 120_000;

export interface DiskWatchComponents {
  readonly engine: Pick<Engine, "measureDisk">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onMeasured: () => void;
}

/** Measures again and again what containers have on disk; what is too much is the plan's matter. */
export class DiskWatch {
  readonly #components: DiskWatchComponents;
  readonly #task = new BackgroundTask((signal) => this.#run(signal));

  constructor(components: DiskWatchComponents) {
    this.#components = components;
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { engine, clock, log, onMeasured } = this.#components;
    while (!signal.aborted) {
      const from = clock.now();
      try {
        await engine.measureDisk(AbortSignal.any([signal, AbortSignal.timeout(MEASURE_TIMEOUT_MS)]));
        onMeasured();
      } catch (error) {
        log.debug({ event: "disk.unmeasured", error }, "What containers have on disk is not known.");
      }
      const took = Math.max(0, clock.now() - from);
      await clock.sleep(Math.max(MEASURE_EVERY_MS, took / MAX_SHARE), signal);
    }
  }
}
