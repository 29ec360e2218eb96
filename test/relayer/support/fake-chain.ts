import { ProtocolError } from "@fizz/protocol/errors";
import { type Address } from "viem";
import {
  type Chain,
  type ChainHealth,
  type GatewayIdentity,
  type HeadChange,
  type LeaseFacts,
  type NodeFacts,
  type PendingManifest,
} from "../../../relayer/src/ports.ts";
import { SLASHER } from "./builders.ts";

/** A chain in memory: what it holds is what it says, at once at the head and, after confirm(), at depth. */
export class FakeChain implements Chain {
  gateway: GatewayIdentity = {
    chainId: 31_337,
    subnetId: 1,
    subnetActive: true,
    subnetCutBps: 500,
    protocolCutBps: 200,
    slasher: SLASHER,
  };
  readonly nodes = new Map<string, NodeFacts>();
  readonly leases = new Map<bigint, LeaseFacts>();
  readonly pending = new Map<bigint, PendingManifest>();
  reachable = true;
  #confirmed = new Map<bigint, LeaseFacts>();
  #head = 100n;
  readonly #listeners = new Set<(change: HeadChange) => void>();

  async identity(): Promise<GatewayIdentity> {
    return await this.#answer(() => this.gateway);
  }

  async findNode(operator: Address): Promise<NodeFacts | undefined> {
    return await this.#answer(() => this.nodes.get(operator.toLowerCase()));
  }

  async findLease(lid: bigint, view: "head" | "confirmed"): Promise<LeaseFacts | undefined> {
    return await this.#answer(() => (view === "head" ? this.leases : this.#confirmed).get(lid));
  }

  async findPendingManifest(lid: bigint): Promise<PendingManifest | undefined> {
    return await this.#answer(() => this.pending.get(lid));
  }

  async tokenDecimals(): Promise<number> {
    return await this.#answer(() => 18);
  }

  onHead(listener: (change: HeadChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  health(): ChainHealth {
    return { reachable: this.reachable, head: this.#head.toString(), lastSeenAt: 0 };
  }

  addNode(facts: NodeFacts): void {
    this.nodes.set(facts.operator.toLowerCase(), facts);
  }

  /** Everything at the head becomes what a reorganisation no longer changes. */
  confirm(): void {
    this.#confirmed = new Map(this.leases);
  }

  /** New blocks; listeners are told that everything may have changed. */
  advance(blocks = 1n, change: Partial<HeadChange> = { everything: true }): void {
    this.#head += blocks;
    const full = {
      number: this.#head,
      everything: false,
      nodeIds: new Set<bigint>(),
      lids: new Set<bigint>(),
    };
    for (const listener of this.#listeners) listener({ ...full, ...change });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as the real one: it rejects, it does not throw
  async #answer<Value>(read: () => Value): Promise<Value> {
    if (!this.reachable) throw new ProtocolError("CHAIN_UNREACHABLE", "The fake chain is off.");
    return read();
  }
}
