import { type NodeEntry, type NodesQuery } from "@fizz/protocol/messages";

/** The gateway's nodes, as its callers see them. */
export interface DirectoryView {
  /**
   * One page.
   *
   * @returns JSON of nodesPageSchema: entries are serialised once for all who ask.
   * @throws ProtocolError INPUT_INVALID for a cursor of another sort, or none of this gateway's kind.
   */
  page(query: NodesQuery): string;
  /** @throws ProtocolError NODE_UNKNOWN */
  node(nodeId: bigint): { readonly now: number; readonly node: NodeEntry };
  /** All nodes. */
  all(): string;
  /** @returns A function that ends it. */
  onChange(listener: (nodeId: bigint) => void): () => void;
}
