import { isDeepStrictEqual } from "node:util";
import { type Logger, type Reloadable } from "../ports.ts";

export interface ReloaderComponents<Settings> {
  readonly logger: Logger;
  /** Reads and checks the configuration anew. @throws ProtocolError CONFIG_INVALID */
  readonly read: () => Settings;
}

export interface ReloadReport {
  /** Settings that hold now. */
  readonly changed: readonly string[];
  /** Settings that differ and hold only after a restart. */
  readonly needsRestart: readonly string[];
  /** Parts that could not take theirs; they go on with what they had. */
  readonly failed: readonly string[];
}

/** Takes a changed configuration while the gateway runs. A wrong one changes nothing. */
export class Reloader<Settings extends object> {
  readonly #components: ReloaderComponents<Settings>;
  readonly #parts: Reloadable<Settings>[] = [];
  #settings: Settings;

  constructor(components: ReloaderComponents<Settings>, settings: Settings) {
    this.#components = components;
    this.#settings = settings;
  }

  /** What holds now. */
  get settings(): Settings {
    return this.#settings;
  }

  add(part: Reloadable<Settings>): void {
    this.#parts.push(part);
  }

  /** @throws ProtocolError CONFIG_INVALID; nothing has changed then. */
  async reload(): Promise<ReloadReport> {
    const { logger } = this.#components;
    try {
      const next = this.#components.read();
      for (const part of this.#parts) await part.check?.(next);
      const report = await this.#take(next);
      const level = report.needsRestart.length + report.failed.length > 0 ? "warn" : "info";
      logger[level]({ event: "config.reloaded", ...report }, "The configuration was read again.");
      return report;
    } catch (error) {
      logger.error({ event: "config.reload.failed", error }, "The configuration is wrong: nothing changed.");
      throw error;
    }
  }

  async #take(next: Settings): Promise<ReloadReport> {
    const isChanged = (key: keyof Settings): boolean => !isDeepStrictEqual(next[key], this.#settings[key]);
    const all = [...Object.keys(next), ...Object.keys(this.#settings)] as (keyof Settings)[];
    const differing = [...new Set(all)].filter(isChanged);
    const failed: string[] = [];
    const taken = new Set<keyof Settings>();
    for (const part of this.#parts) {
      try {
        // Files that a setting names may have changed, too: each part is told every time.
        await part.reload(next);
        for (const key of part.keys) taken.add(key);
      } catch (error) {
        failed.push(part.name);
        const fields = { event: "config.part.failed", part: part.name, error };
        this.#components.logger.error(fields, "A part goes on with the settings that it had.");
      }
    }
    const changed = differing.filter((key) => taken.has(key));
    const settings = { ...this.#settings };
    for (const key of changed) settings[key] = next[key];
    this.#settings = settings;
    const needsRestart = differing.filter((key) => !this.#parts.some((part) => part.keys.includes(key)));
    return { changed: changed.map(String), needsRestart: needsRestart.map(String), failed };
  }
}
