import { type NodeEntry, type NodesFilter, type NodesQuery } from "@fizz/protocol/messages";

/** The gateway's nodes, as its callers see them. Entries are serialised once for all who ask. */
export interface DirectoryView {
  /**
   * One page, as JSON of nodesPageSchema.
   *
   * @throws ProtocolError INPUT_INVALID for a cursor of another sort, or none of this gateway's kind.
   */
  page(query: NodesQuery): string;
  /** @throws ProtocolError NODE_UNKNOWN */
  node(nodeId: bigint): { readonly now: number; readonly node: NodeEntry };
}

/** Part of all nodes, in the order of their ids. */
export interface SnapshotPart {
  /** JSON of nodesSnapshotSchema. */
  readonly json: string;
  /** Its last node: the next part begins after it. Undefined when there is no next part. */
  readonly last: bigint | undefined;
}

export interface Delta {
  /** JSON of nodesDeltaSchema. */
  readonly json: string;
  readonly isEmpty: boolean;
  /** Where a reader stands that knows it. */
  readonly position: number;
}

/** How all nodes change, and those that match a filter. */
export interface DirectoryFeeds extends DirectoryFeed {
  /** The same for the nodes that match. One that no longer does is removed; deltas with nothing in them are not told. */
  filtered(filter: NodesFilter): DirectoryFeed;
}

/** How the directory changes. A position is a number of this process; a cursor says of which process it is. */
export interface DirectoryFeed {
  readonly position: number;
  now(): number;
  cursorOf(position: number): string;
  /** @returns Undefined for what is no cursor of this process. */
  positionOf(cursor: string): number | undefined;
  /** @param after Last node of the part before. */
  snapshot(after: bigint | undefined): SnapshotPart;
  /** What comes next for a reader who stands there. @returns Undefined when that is no longer known. */
  since(position: number): Delta | undefined;
  /** Calls back with each delta; one that stood at the position before knows all with it. @returns A function that ends it. */
  onDelta(listener: (delta: Delta) => void): () => void;
}
