import { randomBytes } from "node:crypto";

import { type Delta, type DirectoryFeed, type SnapshotPart } from "../directory-ports.ts";
import { ChangeLog, type ChangesSince } from "../domain/change-log.ts";
import { type Clock } from "../ports.ts";
import { type DirectoryDesk, withNodes } from "./directory-desk.ts";
import { type NodeDirectory } from "./node-directory.ts";

/** Changes closer together than this are told as one, in milliseconds. */
const CALM_MS = 250;
/** Nodes of one delta; more changes at once take their turn. */
const MAX_DELTA_NODES = 100;
/** Nodes of one part of a snapshot. */
const SNAPSHOT_NODES = 200;
/** Different nodes whose changes are remembered. */
const MAX_LOGGED_NODES = 5_000;
const PROCESS_BYTES = 8;
const CURSOR = /^([0-9a-f]{16})-(\d{1,15})$/;

export interface NodeFeedComponents {
  readonly nodes: NodeDirectory;
  readonly desk: Pick<DirectoryDesk, "recordOf">;
  readonly clock: Clock;
}

export interface NodeFeedInit {
  readonly calmMs?: number;
  readonly maxLoggedNodes?: number;
}

/** Tells how the directory changes: a node that changed many times is told once, as it is then. */
export class NodeFeed implements DirectoryFeed {
  readonly #components: NodeFeedComponents;
  readonly #calmMs: number;
  readonly #log: ChangeLog;
  readonly #process = randomBytes(PROCESS_BYTES).toString("hex");
  readonly #dirty = new Set<bigint>();
  readonly #listeners = new Set<(delta: Delta) => void>();
  #ordered: readonly bigint[] | undefined;
  #stopListening: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(components: NodeFeedComponents, init: NodeFeedInit = {}) {
    this.#components = components;
    this.#calmMs = init.calmMs ?? CALM_MS;
    this.#log = new ChangeLog(init.maxLoggedNodes ?? MAX_LOGGED_NODES);
  }

  get position(): number {
    return this.#log.position;
  }

  start(): void {
    this.#stopListening ??= this.#components.nodes.onChange((nodeId) => {
      this.#ordered = undefined;
      this.#dirty.add(nodeId);
      this.#wait();
    });
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  now(): number {
    return this.#components.clock();
  }

  cursorOf(position: number): string {
    return `${this.#process}-${position}`;
  }

  positionOf(cursor: string): number | undefined {
    const [, process, position] = CURSOR.exec(cursor) ?? [];
    return process === this.#process ? Number(position) : undefined;
  }

  snapshot(after: bigint | undefined): SnapshotPart {
    const ids = this.#idsInOrder();
    const from = after === undefined ? 0 : firstAfter(ids, after);
    const part = ids.slice(from, from + SNAPSHOT_NODES);
    const end = from + SNAPSHOT_NODES >= ids.length;
    const { records } = this.#split(part);
    const json = withNodes({ now: this.now(), begin: after === undefined, end }, records);
    return { json, last: end ? undefined : part.at(-1) };
  }

  since(position: number): Delta | undefined {
    const changes = this.#log.since(position, MAX_DELTA_NODES);
    return changes === undefined ? undefined : this.#deltaOf(changes);
  }

  onDelta(listener: (delta: Delta) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, this.#calmMs);
  }

  #flush(): void {
    const nodeIds = [...this.#dirty].slice(0, MAX_DELTA_NODES);
    for (const nodeId of nodeIds) this.#dirty.delete(nodeId);
    if (this.#dirty.size > 0) this.#wait();
    const position = this.#log.record(nodeIds);
    if (this.#listeners.size === 0) return;
    const delta = this.#deltaOf({ nodeIds, position });
    for (const listener of this.#listeners) listener(delta);
  }

  #deltaOf({ nodeIds, position }: ChangesSince): Delta {
    const { records, removed } = this.#split(nodeIds);
    const json = withNodes({ now: this.now(), removed }, records);
    return { json, position, isEmpty: nodeIds.length === 0 };
  }

  #split(nodeIds: readonly bigint[]) {
    const { nodes, desk } = this.#components;
    const views = nodeIds.map((nodeId) => nodes.find(nodeId));
    const removed = nodeIds.filter((_, at) => views[at] === undefined);
    return { removed, records: views.flatMap((view) => (view === undefined ? [] : [desk.recordOf(view)])) };
  }

  #idsInOrder(): readonly bigint[] {
    this.#ordered ??= this.#components.nodes
      .views()
      .map(({ facts }) => facts.nodeId)
      .sort((a, b) => (a < b ? -1 : 1));
    return this.#ordered;
  }
}

function firstAfter(ids: readonly bigint[], nodeId: bigint): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] ?? 0n) <= nodeId) low = middle + 1;
    else high = middle;
  }
  return low;
}
