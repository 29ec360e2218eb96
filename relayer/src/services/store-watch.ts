import { setTimeout as sleep } from "node:timers/promises";
import { type Logger } from "../ports.ts";

const LOOK_MS = 2_000;
/** For one answer of the database. */
const ANSWER_MS = 3_000;

export interface StoreWatchComponents {
  /** Asks the database for anything at all. */
  readonly ask: () => Promise<unknown>;
  readonly logger: Logger;
}

export interface StoreWatchInit {
  /** Milliseconds between two looks, and for an answer. */
  readonly lookMs?: number;
  readonly answerMs?: number;
}

/** Knows whether the database answers. What was asked in vain is not asked again before it has ended. */
export class StoreWatch {
  readonly #components: StoreWatchComponents;
  readonly #lookMs: number;
  readonly #answerMs: number;
  #isReachable = true;
  #asked: Promise<boolean> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #ended = new AbortController();

  constructor(components: StoreWatchComponents, init: StoreWatchInit = {}) {
    this.#components = components;
    this.#lookMs = init.lookMs ?? LOOK_MS;
    this.#answerMs = init.answerMs ?? ANSWER_MS;
  }

  /** As of the last look. */
  get isReachable(): boolean {
    return this.#isReachable;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#ended = new AbortController();
    this.#lookLater();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#looking;
  }

  #lookLater(): void {
    if (this.#ended.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.look().then(() => {
        this.#lookLater();
      });
    }, this.#lookMs);
  }

  /** Looks once, for the time of an answer at most. */
  async look(): Promise<void> {
    this.#asked ??= this.#components
      .ask()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.#asked = undefined;
      });
    const late = sleep(this.#answerMs, false, { signal: this.#ended.signal }).catch(() => this.#isReachable);
    const isReachable = await Promise.race([this.#asked, late]);
    if (isReachable !== this.#isReachable) this.#tell(isReachable);
    this.#isReachable = isReachable;
  }

  #tell(isReachable: boolean): void {
    const { logger } = this.#components;
    if (isReachable) logger.info({ event: "store.back" }, "The database answers again.");
    else logger.warn({ event: "store.away" }, "The database does not answer: the gateway is not ready.");
  }
}
