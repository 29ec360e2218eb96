import { randomBytes } from "node:crypto";
import { type NodesFilter } from "@fizz/protocol/messages";
import {
  type Delta,
  type DirectoryFeed,
  type DirectoryFeeds,
  type SnapshotPart,
} from "../directory-ports.ts";
import { ChangeLog, type ChangesSince } from "../domain/change-log.ts";
import { type DirectoryRecord } from "../domain/directory-entry.ts";
import { matcherOf } from "../domain/nodes-page.ts";
import { type Clock } from "../ports.ts";
import { type RoundsView } from "../rounds-ports.ts";
import { type DirectoryDesk, withNodes } from "./directory-desk.ts";
import { type NodeDirectory } from "./node-directory.ts";

/** Changes closer together than this are told as one, in milliseconds. */
const CALM_MS = 250;
/** Nodes of one delta; more changes at once take their turn. */
const MAX_DELTA_NODES = 100;
/** Nodes of one part of a snapshot. */
const SNAPSHOT_NODES = 200;
/** Nodes of which something is said that is said of all alike: that many are told, every so many milliseconds. */
const MAX_ALIKE_NODES = 10;
const ALIKE_EVERY_MS = 1_000;
/** Different nodes whose changes are remembered. */
const MAX_LOGGED_NODES = 5_000;
const PROCESS_BYTES = 8;
const CURSOR = /^([0-9a-f]{16})-(\d{1,15})$/;

export interface NodeFeedComponents {
  readonly nodes: NodeDirectory;
  readonly desk: Pick<DirectoryDesk, "recordOf">;
  readonly clock: Clock;
  /** Left out where the capacity rounds are not followed. */
  readonly rounds?: Pick<RoundsView, "onChange">;
}

export interface NodeFeedInit {
  readonly calmMs?: number;
  readonly alikeEveryMs?: number;
  readonly maxLoggedNodes?: number;
}

/** The nodes of one filter. */
interface Selection {
  readonly matches: (record: DirectoryRecord) => boolean;
  /** Nodes that were told to anybody who follows it: when they no longer match, that is told too. */
  readonly told: Set<bigint>;
}

/** What there is to tell of some nodes. */
interface Telling {
  readonly records: readonly DirectoryRecord[];
  readonly removed: readonly bigint[];
}

/** Tells how the directory changes: a node that changed many times is told once, as it is then. */
export class NodeFeed implements DirectoryFeeds {
  readonly #components: NodeFeedComponents;
  readonly #calmMs: number;
  readonly #log: ChangeLog;
  readonly #process = randomBytes(PROCESS_BYTES).toString("hex");
  readonly #dirty = new Set<bigint>();
  /** Nodes that are still to be told what is said of all. */
  readonly #alike = new Set<bigint>();
  readonly #alikeEveryMs: number;
  readonly #listeners = new Set<(changes: ChangesSince) => void>();
  #ordered: readonly bigint[] | undefined;
  #stopListening: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #alikeTimer: NodeJS.Timeout | undefined;

  constructor(components: NodeFeedComponents, init: NodeFeedInit = {}) {
    this.#components = components;
    this.#calmMs = init.calmMs ?? CALM_MS;
    this.#alikeEveryMs = init.alikeEveryMs ?? ALIKE_EVERY_MS;
    this.#log = new ChangeLog(init.maxLoggedNodes ?? MAX_LOGGED_NODES);
  }

  get position(): number {
    return this.#log.position;
  }

  start(): void {
    if (this.#stopListening !== undefined) return;
    const { nodes, rounds } = this.#components;
    const stopNodes = nodes.onChange((nodeId) => {
      this.#ordered = undefined;
      this.#changed(nodeId);
    });
    const stopRounds = rounds?.onChange((nodeId) => {
      if (nodeId === undefined) this.#tellAll();
      else if (nodes.find(nodeId) !== undefined) this.#changed(nodeId);
    });
    this.#stopListening = () => {
      stopNodes();
      stopRounds?.();
    };
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    clearTimeout(this.#timer);
    clearTimeout(this.#alikeTimer);
    [this.#timer, this.#alikeTimer] = [undefined, undefined];
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

  snapshot(after: bigint | undefined, selection?: Selection): SnapshotPart {
    const ids = this.#idsInOrder();
    let from = after === undefined ? 0 : firstAfter(ids, after);
    const records: DirectoryRecord[] = [];
    // A part in which nothing matches is not worth a message.
    do {
      records.push(...this.#tell(ids.slice(from, from + SNAPSHOT_NODES), selection).records);
      from += SNAPSHOT_NODES;
    } while (records.length === 0 && from < ids.length);
    const end = from >= ids.length;
    const json = withNodes({ now: this.now(), begin: after === undefined, end }, records);
    return { json, last: end ? undefined : ids[from - 1] };
  }

  since(position: number, selection?: Selection): Delta | undefined {
    const changes = this.#log.since(position, MAX_DELTA_NODES);
    return changes === undefined ? undefined : this.#deltaOf(changes, this.#tell(changes.nodeIds, selection));
  }

  onDelta(listener: (delta: Delta) => void): () => void {
    return this.#onChanges((changes) => {
      listener(this.#deltaOf(changes, this.#tell(changes.nodeIds)));
    });
  }

  filtered(filter: NodesFilter): DirectoryFeed {
    const selection: Selection = { matches: matcherOf(filter), told: new Set() };
    const position = (): number => this.position;
    return {
      get position() {
        return position();
      },
      now: () => this.now(),
      cursorOf: (at) => this.cursorOf(at),
      positionOf: (cursor) => this.positionOf(cursor),
      snapshot: (after) => this.snapshot(after, selection),
      since: (at) => this.since(at, selection),
      onDelta: (listener) =>
        this.#onChanges((changes) => {
          const { records, removed } = this.#tell(changes.nodeIds, selection);
          const gone = removed.filter((nodeId) => selection.told.delete(nodeId));
          if (records.length + gone.length > 0) listener(this.#deltaOf(changes, { records, removed: gone }));
        }),
    };
  }

  #onChanges(listener: (changes: ChangesSince) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(nodeId: bigint): void {
    this.#dirty.add(nodeId);
    this.#wait();
  }

  /** A few at a time: what is said of all is worth no burst of the whole list to every reader. */
  #tellAll(): void {
    for (const { facts } of this.#components.nodes.views()) this.#alike.add(facts.nodeId);
    if (this.#alikeTimer === undefined) this.#tellAlike();
  }

  #tellAlike(): void {
    for (const nodeId of [...this.#alike].slice(0, MAX_ALIKE_NODES)) {
      this.#alike.delete(nodeId);
      this.#changed(nodeId);
    }
    this.#alikeTimer =
      this.#alike.size === 0
        ? undefined
        : setTimeout(() => {
            this.#tellAlike();
          }, this.#alikeEveryMs);
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, this.#calmMs);
  }

  #flush(): void {
    const nodeIds = [...this.#dirty].slice(0, MAX_DELTA_NODES);
    for (const nodeId of nodeIds) {
      this.#dirty.delete(nodeId);
      this.#alike.delete(nodeId);
    }
    if (this.#dirty.size > 0) this.#wait();
    const position = this.#log.record(nodeIds);
    for (const listener of this.#listeners) listener({ nodeIds, position });
  }

  #deltaOf({ nodeIds, position }: ChangesSince, { records, removed }: Telling): Delta {
    const json = withNodes({ now: this.now(), removed }, records);
    return { json, position, isEmpty: nodeIds.length === 0 };
  }

  #tell(nodeIds: readonly bigint[], selection?: Selection): Telling {
    const { nodes, desk } = this.#components;
    const removed: bigint[] = [];
    const records = nodeIds.flatMap((nodeId) => {
      const view = nodes.find(nodeId);
      const record = view === undefined ? undefined : desk.recordOf(view);
      if (record === undefined || selection?.matches(record) === false) {
        removed.push(nodeId);
        return [];
      }
      selection?.told.add(nodeId);
      return [record];
    });
    return { removed, records };
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
