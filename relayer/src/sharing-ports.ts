import { type Hex } from "viem";
import { type ProcessEntry } from "./process-ports.ts";
import { type LeaseDoors, type NodeView } from "./ports.ts";

/** The doors in a store that several processes of one gateway use. May throw ProtocolError STORE_FAILED. */
export interface SharedDoors {
  /** All leases with doors; the number of one changes when its doors do. */
  doorRevisions(): Promise<ReadonlyMap<Hex, number>>;
  doorsOf(leaseHashes: readonly Hex[]): Promise<LeaseDoors[]>;
}

/** Which process a node is connected to, and what that process says of it. */
export interface OwnedNode {
  readonly processId: string;
  readonly view: NodeView;
}

/** What the processes of a gateway tell each other through their database. May throw ProtocolError STORE_FAILED. */
export interface Registry {
  /** @throws ProtocolError CONFIG_INVALID when the database is another operator's. */
  join(operator: string): Promise<void>;
  /** Says that this process is there. @returns All of them, this one included. */
  beat(self: Pick<ProcessEntry, "id" | "address" | "multiaddrs" | "version">): Promise<ProcessEntry[]>;
  leave(id: string): Promise<void>;
  /** The node is connected to this process from now on. @returns Whose it was before. */
  claim(node: OwnedNode): Promise<string | undefined>;
  /** Says what is new of nodes, as far as they are still this process's. @returns Those that are. */
  publish(processId: string, views: readonly NodeView[]): Promise<Set<bigint>>;
  /**
   * Nodes whose entry changed.
   *
   * @param since What the last call returned; undefined for all.
   */
  changes(since: string | undefined): Promise<{ readonly nodes: OwnedNode[]; readonly until: string }>;
}
