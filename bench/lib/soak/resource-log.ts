import { setTimeout as delay } from "node:timers/promises";
import { type ProcessFigures } from "../processes/figures.ts";
import { readFigures } from "../read-figures.ts";

const RESTING_MS = 500;

/** What each process held before the traffic, during it, and after it. */
export class ResourceLog {
  readonly #ports: Readonly<Record<string, number>>;
  readonly #rss = new Map<string, number[]>();
  #baseline: Readonly<Record<string, ProcessFigures>> = {};

  /** @param ports Where each process tells its figures, by its name. */
  constructor(ports: Readonly<Record<string, number>>) {
    this.#ports = ports;
  }

  get names(): string[] {
    return Object.keys(this.#ports);
  }

  baselineOf(name: string): ProcessFigures | undefined {
    return this.#baseline[name];
  }

  /** Resident memory in bytes, one after the other. */
  rssOf(name: string): readonly number[] {
    return this.#rss.get(name) ?? [];
  }

  async keepBaseline(signal: AbortSignal): Promise<void> {
    this.#baseline = await this.read(signal);
  }

  async read(signal: AbortSignal): Promise<Record<string, ProcessFigures>> {
    const entries = Object.entries(this.#ports).map(async ([name, port]) => {
      return [name, await readFigures(port, signal)] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Notes the memory again and again, until the signal aborts. */
  async follow(everyMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const figures = await this.read(signal).catch((error: unknown) => {
        if (signal.aborted) return {};
        throw error;
      });
      for (const [name, { rssBytes }] of Object.entries(figures))
        this.#rss.set(name, [...this.rssOf(name), rssBytes]);
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Waits until no container has a connection and no door has one, or for the given time. */
  async rest(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (performance.now() < end) {
      const { gateway, origin } = await this.read(signal);
      if ((gateway?.counts["connections"] ?? 0) === 0 && (origin?.counts["open"] ?? 0) === 0) break;
      await delay(RESTING_MS, undefined, { signal });
    }
    // Sockets that are closed are let go of in a later turn.
    await delay(RESTING_MS, undefined, { signal });
  }
}
