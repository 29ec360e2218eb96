import type { NodeRow, NodesNews } from "./node-row.ts";

/** What the page knows about the subnet's nodes, and whether it is fresh. */
export interface NodesSnapshot {
  readonly nodes: readonly NodeRow[] | undefined;
  readonly state: "connecting" | "live" | "unreachable";
}

export interface FeedEvent {
  readonly data?: unknown;
  /** Cursor of the last event that had one. */
  readonly lastEventId?: string;
}

/** The part of EventSource that the feed uses. */
export interface EventSourceLike {
  addEventListener(type: string, listener: (event: FeedEvent) => void): void;
  close(): void;
}

export interface NodesFeedComponents {
  /** @param cursor Where the last connection ended; undefined to begin. */
  readonly open: (cursor: string | undefined) => EventSourceLike;
  /** Reads one message. Rejects what is not about nodes. */
  readonly parse: (kind: NodesNews["kind"], data: string) => Promise<NodesNews>;
  /** Runs something later and returns how to call it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/** The gateway beats every five seconds; silence for longer than this means it is gone. */
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
  #cursor: string | undefined;
  #rows = new Map<string, NodeRow>();
  /** Those of the last snapshot that was published. */
  #shown: ReadonlyMap<string, NodeRow> | undefined;
  /** Parts of a snapshot that is not whole yet. */
  #parts = new Map<string, NodeRow>();
  /** Messages are read asynchronously, one after the other. */
  #reading = Promise.resolve();

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
    const source = this.#components.open(this.#cursor);
    this.#source = source;
    for (const kind of ["snapshot", "delta"] as const)
      source.addEventListener(kind, (event) => {
        this.#reading = this.#reading.then(() => this.#read(source, kind, event));
      });
    source.addEventListener("beat", () => {
      this.#reading = this.#reading.then(() => {
        this.#live(source);
      });
    });
    source.addEventListener("error", () => {
      if (this.#source === source) this.#retry();
    });
    this.#watchSilence();
  }

  // A browser loses no message: so after one that cannot be read there is nothing to go on from.
  async #read(source: EventSourceLike, kind: NodesNews["kind"], event: FeedEvent): Promise<void> {
    if (this.#source !== source || typeof event.data !== "string") return;
    const news = await this.#components.parse(kind, event.data).catch(() => undefined);
    if (this.#source !== source) return;
    if (news === undefined) {
      this.#cursor = undefined;
      this.#retry();
      return;
    }
    this.#take(news);
    if (news.kind === "snapshot" && !news.end) this.#watchSilence();
    else {
      if (event.lastEventId !== undefined && event.lastEventId !== "") this.#cursor = event.lastEventId;
      this.#live(source);
    }
  }

  #take(news: NodesNews): void {
    if (news.kind === "delta") {
      const rows = new Map(this.#rows);
      for (const node of news.nodes) rows.set(node.nodeId, node);
      for (const nodeId of news.removed) rows.delete(nodeId);
      this.#rows = rows;
      return;
    }
    if (news.begin) this.#parts = new Map();
    for (const node of news.nodes) this.#parts.set(node.nodeId, node);
    if (!news.end) return;
    this.#rows = this.#parts;
    this.#parts = new Map();
  }

  /** All that the gateway knows is here. */
  #live(source: EventSourceLike): void {
    if (this.#source !== source) return;
    this.#retryMs = FIRST_RETRY_MS;
    this.#watchSilence();
    const { nodes, state } = this.#snapshot;
    if (this.#shown === this.#rows && state === "live") return;
    this.#publish({ nodes: this.#shown === this.#rows ? nodes : [...this.#rows.values()], state: "live" });
    this.#shown = this.#rows;
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
