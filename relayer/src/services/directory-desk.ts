import { type NodeEntry, type NodesQuery, toWire } from "@fizz/protocol/messages";
import { type DirectoryView } from "../directory-ports.ts";
import { DirectoryRecord } from "../domain/directory-entry.ts";
import { pageOf } from "../domain/nodes-page.ts";
import { type Clock, type NodeView } from "../ports.ts";
import { type RoundsView } from "../rounds-ports.ts";
import { type NodeDirectory } from "./node-directory.ts";

export interface DirectoryDeskComponents {
  readonly nodes: NodeDirectory;
  readonly clock: Clock;
  /** Left out where the capacity rounds are not followed. */
  readonly rounds?: Pick<RoundsView, "of">;
}

interface Kept {
  readonly view: NodeView;
  readonly rounds: NodeEntry["rounds"];
  readonly record: DirectoryRecord;
}

/** Answers what callers ask about the nodes. What is made of a node is made once, until the node changes. */
export class DirectoryDesk implements DirectoryView {
  readonly #components: DirectoryDeskComponents;
  readonly #kept = new Map<bigint, Kept>();

  constructor(components: DirectoryDeskComponents) {
    this.#components = components;
    components.nodes.onChange((nodeId) => {
      if (components.nodes.find(nodeId) === undefined) this.#kept.delete(nodeId);
    });
  }

  page(query: NodesQuery): string {
    const { total, nextCursor, records } = pageOf(
      this.#components.nodes.views().map((view) => this.recordOf(view)),
      query,
    );
    const now = this.#components.clock();
    return withNodes({ now, total, nextCursor }, records);
  }

  node(nodeId: bigint): { readonly now: number; readonly node: NodeEntry } {
    const view = this.#components.nodes.require(nodeId);
    return { now: this.#components.clock(), node: this.recordOf(view).entry };
  }

  recordOf(view: NodeView): DirectoryRecord {
    const { nodeId } = view.facts;
    const rounds = this.#components.rounds?.of(nodeId);
    const kept = this.#kept.get(nodeId);
    if (kept?.view === view && kept.rounds === rounds) return kept.record;
    const record = new DirectoryRecord(view, rounds);
    this.#kept.set(nodeId, { view, rounds, record });
    return record;
  }
}

/** Joins what stands around a list of nodes with the JSON that each has already. */
export function withNodes(around: object, records: readonly DirectoryRecord[]): string {
  return `${toWire(around).slice(0, -1)},"nodes":[${records.map(({ json }) => json).join(",")}]}`;
}
