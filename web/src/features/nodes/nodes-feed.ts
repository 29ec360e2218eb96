import type { NodeRow } from "./node-row.ts";

/** What the page knows about the subnet's nodes, and whether it is fresh. */
export interface NodesSnapshot {
  readonly nodes: readonly NodeRow[] | undefined;
  readonly state: "connecting" | "live" | "unreachable";
}

/** The part of EventSource that the feed uses. */
export interface EventSourceLike {
  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
  close(): void;
}

export interface NodesFeedComponents {
  readonly open: () => EventSourceLike;
  /** Reads one message. Rejects what is not a list of nodes. */
  readonly parse: (data: string) => Promise<readonly NodeRow[]>;
  /** Runs something later and returns how to call it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/** The gateway sends at least every five seconds; silence for longer than this means it is gone. */
export const SILENCE_MS = 20_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 15_000;

/** The gateway's live list of nodes, opened while somebody looks at it and opened again whenever it is lost. */
export class NodesFeed {
  readonly #components: NodesFeedComponents;
  readonly #listeners = new Set<() => void>();
  #snapshot: NodesSnapshot = { nodes: undefined, state: "connecting" };
  #source: EventSourceLike | undefined;
  #cancelTimer: (() => void) | undefined;
  #retryMs = FIRST_RETRY_MS;
  /** Messages are read asynchronously: only the newest counts. */
  #newest = 0;

  constructor(components: NodesFeedComponents) {
    this.#components = components;
  }

  readonly snapshot = (): NodesSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#source === undefined && this.#cancelTimer === undefined) this.#open();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#close();
    };
  };

  #open(): void {
    this.#cancelTimer = undefined;
    const source = this.#components.open();
    this.#source = source;
    source.addEventListener("nodes", (event) => {
      if (this.#source === source && typeof event.data === "string") void this.#read(event.data);
    });
    source.addEventListener("error", () => {
      if (this.#source === source) this.#retry();
    });
    this.#watchSilence();
  }

  async #read(data: string): Promise<void> {
    this.#newest += 1;
    const mine = this.#newest;
    const nodes = await this.#components.parse(data).catch(() => undefined);
    if (mine !== this.#newest || this.#source === undefined) return;
    if (nodes === undefined) {
      this.#retry();
      return;
    }
    this.#retryMs = FIRST_RETRY_MS;
    this.#watchSilence();
    this.#publish({ nodes, state: "live" });
  }

  #watchSilence(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#components.schedule(() => {
      this.#retry();
    }, SILENCE_MS);
  }

  #retry(): void {
    this.#close();
    this.#publish({ nodes: this.#snapshot.nodes, state: "unreachable" });
    this.#cancelTimer = this.#components.schedule(() => {
      this.#open();
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
  }

  #close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#source?.close();
    this.#source = undefined;
  }

  #publish(snapshot: NodesSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}
