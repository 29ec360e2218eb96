import { type NodeRounds } from "@fizz/protocol/messages";
import { type RoundEvent, type RoundEventName } from "./domain/node-rounds.ts";
import { type EventIndex } from "./history-ports.ts";

/** What the store has of a subnet's capacity rounds, at one moment. */
export interface RoundsReading {
  /** Another one whenever an event came or went. */
  readonly revision: number;
  /** Where the copy stands, and the chain's head when it was written. */
  readonly block: bigint;
  readonly head: bigint;
  /** Unix seconds: what is older may be missing; 0 when nothing is. */
  readonly since: number;
  /** In the chain's order: what is said of single nodes, and the newest of what is said of all. */
  readonly events: readonly RoundEvent[];
}

/** A copy of the capacity rounds' events. Every call may throw ProtocolError STORE_FAILED. */
export interface RoundsStore extends EventIndex<RoundEventName> {
  /** Of the rounds of this subnet, and convictions in any. @returns Undefined before the first block was read. */
  read(subnetId: number): Promise<RoundsReading | undefined>;
  /** `revision` of what `read` would answer. */
  revision(): Promise<number>;
}

/** What is known of the capacity rounds of the gateway's nodes. */
export interface RoundsView {
  /** @returns Undefined while the rounds were not read; the same object until there is something else to say. */
  of(nodeId: bigint): NodeRounds | undefined;
  /**
   * Calls back with each node of which something of its own is said, or no longer; with `undefined` when something is
   * said of all of them, such as a new root. @returns A function that ends it.
   */
  onChange(listener: (nodeId: bigint | undefined) => void): () => void;
}
