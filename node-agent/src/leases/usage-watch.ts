import { type ReplicaUsage, STATS_EVERY_MS } from "@fizz/protocol/messages";
import { type ObservedContainer } from "../domain/observed.ts";
import { type ContainerUsage, usageBetween } from "../domain/usage.ts";
import { type Clock, type Engine } from "../ports.ts";

export interface UsageWatchComponents {
  readonly engine: Pick<Engine, "usage">;
  readonly clock: Clock;
  /** Containers of the lease, as they are now. */
  readonly containers: () => readonly ObservedContainer[];
}

interface Readings {
  readonly before: ContainerUsage | undefined;
  readonly now: ContainerUsage;
}

/** Reads what the running containers of one lease use, once for all who look, and keeps the newest two readings. */
export class UsageWatch {
  readonly #components: UsageWatchComponents;
  readonly #ended = new AbortController();
  readonly #readers = new Map<string, Promise<void>>();
  readonly #readings = new Map<string, Readings>();
  readonly #waiting = new Set<() => void>();
  #failure: unknown;
  #ticks = 0;

  constructor(components: UsageWatchComponents) {
    this.#components = components;
    void this.#run();
  }

  /** Undefined while nothing is known of it. */
  usageOf(id: string): ReplicaUsage | undefined {
    const readings = this.#readings.get(id);
    return readings === undefined ? undefined : usageBetween(readings.before, readings.now);
  }

  /**
   * Waits until there may be newer readings than at `tick`, or for the signal.
   *
   * @returns The present tick.
   * @throws what the engine answered.
   */
  async after(tick: number, signal: AbortSignal): Promise<number> {
    while (this.#ticks <= tick && !signal.aborted && !this.#ended.signal.aborted)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener("abort", wake, { once: true });
      });
    if (this.#failure !== undefined) throw this.#failure as Error;
    return this.#ticks;
  }

  stop(): void {
    this.#ended.abort();
    this.#wakeAll();
  }

  /** Keeps one reader per running container: containers come, go, and start again. */
  async #run(): Promise<void> {
    const { clock, containers } = this.#components;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      for (const { id, state } of containers())
        if (state === "running" && !this.#readers.has(id)) this.#readers.set(id, this.#read(id));
      await clock.sleep(STATS_EVERY_MS, signal);
      this.#ticks += 1;
      this.#wakeAll();
    }
  }

  async #read(id: string): Promise<void> {
    try {
      for await (const now of this.#components.engine.usage(id, this.#ended.signal)) {
        this.#failure = undefined;
        this.#readings.set(id, { before: this.#readings.get(id)?.now, now });
      }
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#readings.delete(id);
      this.#readers.delete(id);
    }
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
