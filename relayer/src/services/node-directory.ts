import { ProtocolError } from "@fizz/protocol/errors";
import { type ContractAddresses, type Offer } from "@fizz/protocol/messages";
import { admitNode } from "../domain/node-admission.ts";
import {
  type Chain,
  type Clock,
  type GatewayIdentity,
  type HeadChange,
  type Logger,
  type NodeFacts,
  type NodeGate,
  type NodeGreeting,
  type NodeView,
} from "../ports.ts";

/** Nodes that are listed, those that are away included, for each that may be connected. */
const KNOWN_PER_ONLINE = 2;
/** Nodes read from the chain at once. */
const MAX_PARALLEL_READS = 16;

export interface NodeDirectoryComponents {
  readonly chain: Chain;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether a node serves leases through this gateway now. */
  readonly hasLeases: (nodeId: bigint) => boolean;
}

export interface NodeDirectoryInit {
  readonly contracts: ContractAddresses;
  /** Nodes connected at once. */
  readonly maxNodes: number;
}

/** The gateway's nodes: who is connected, what the chain says about them, what they offer. */
export class NodeDirectory implements NodeGate {
  readonly #components: NodeDirectoryComponents;
  readonly #init: NodeDirectoryInit;
  readonly #nodes = new Map<bigint, NodeView>();
  #online = 0;
  readonly #dirty = new Set<bigint>();
  readonly #onChange = new Set<() => void>();
  readonly #onOnline = new Set<(nodeId: bigint) => void>();
  #stopListening: (() => void) | undefined;

  constructor(components: NodeDirectoryComponents, init: NodeDirectoryInit) {
    this.#components = components;
    this.#init = init;
  }

  start(): void {
    this.#stopListening ??= this.#components.chain.onHead((change) => {
      void this.#onHead(change);
    });
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  views(): NodeView[] {
    return [...this.#nodes.values()];
  }

  find(nodeId: bigint): NodeView | undefined {
    return this.#nodes.get(nodeId);
  }

  /** @throws ProtocolError NODE_UNKNOWN */
  require(nodeId: bigint): NodeView {
    const view = this.#nodes.get(nodeId);
    if (view !== undefined) return view;
    throw new ProtocolError("NODE_UNKNOWN", `Node ${nodeId} has not been seen at this gateway.`);
  }

  onlineCount(): number {
    return this.#online;
  }

  onChange(listener: () => void): () => void {
    this.#onChange.add(listener);
    return () => this.#onChange.delete(listener);
  }

  onOnline(listener: (nodeId: bigint) => void): () => void {
    this.#onOnline.add(listener);
    return () => this.#onOnline.delete(listener);
  }

  async admit(greeting: NodeGreeting): Promise<GatewayIdentity> {
    const { chain, clock, hasLeases } = this.#components;
    const gateway = await chain.identity();
    const admission = admitNode({
      operator: greeting.operator,
      hello: greeting,
      gateway,
      market: this.#init.contracts.leaseMarket,
      facts: await this.#factsOf(greeting),
      hasLeases: hasLeases(greeting.nodeId),
    });
    if (admission.type === "refused") throw new ProtocolError(admission.code, admission.message);
    this.#makeRoom(greeting.nodeId);
    const now = clock();
    const { offer, peerId, agentVersion } = greeting;
    const view = { facts: admission.facts, offer, peerId, agentVersion, connectedAt: now, lastSeenAt: now };
    this.#put(greeting.nodeId, { ...view, online: false, latencyMs: null });
    return gateway;
  }

  online(nodeId: bigint): void {
    this.#change(nodeId, { online: true });
    for (const listener of this.#onOnline) listener(nodeId);
  }

  update(nodeId: bigint, news: { readonly offer: Offer; readonly latencyMs: number | null }): void {
    const seen = { lastSeenAt: this.#components.clock(), latencyMs: news.latencyMs };
    this.#change(nodeId, { ...seen, offer: news.offer });
  }

  seen(nodeId: bigint, latencyMs: number | null): void {
    const view = this.#nodes.get(nodeId);
    if (view !== undefined) this.#put(nodeId, { ...view, lastSeenAt: this.#components.clock(), latencyMs });
  }

  offline(nodeId: bigint): void {
    this.#change(nodeId, { online: false });
  }

  /** While the chain is silent, a node that was known before is taken at its last facts. */
  async #factsOf({ operator, nodeId }: NodeGreeting): Promise<NodeFacts | undefined> {
    try {
      return await this.#components.chain.findNode(operator);
    } catch (error) {
      const known = this.#nodes.get(nodeId)?.facts;
      if (known?.operator.toLowerCase() === operator.toLowerCase()) return known;
      throw error;
    }
  }

  #makeRoom(nodeId: bigint): void {
    if (this.#nodes.has(nodeId)) return;
    const { maxNodes } = this.#init;
    if (this.onlineCount() >= maxNodes)
      throw new ProtocolError("LIMIT_REACHED", `This gateway serves ${maxNodes} nodes and takes no more.`);
    if (this.#nodes.size < KNOWN_PER_ONLINE * maxNodes) return;
    const away = this.views().filter((view) => !view.online);
    const oldest = away.toSorted((a, b) => a.lastSeenAt - b.lastSeenAt)[0];
    if (oldest !== undefined) this.#nodes.delete(oldest.facts.nodeId);
  }

  #change(nodeId: bigint, change: Partial<NodeView>): void {
    const view = this.#nodes.get(nodeId);
    if (view === undefined) return;
    this.#put(nodeId, { ...view, ...change });
    for (const listener of this.#onChange) listener();
  }

  #put(nodeId: bigint, view: NodeView): void {
    this.#online += Number(view.online) - Number(this.#nodes.get(nodeId)?.online ?? false);
    this.#nodes.set(nodeId, view);
  }

  async #onHead(change: HeadChange): Promise<void> {
    for (const nodeId of this.#nodes.keys())
      if (change.everything || change.nodeIds.has(nodeId)) this.#dirty.add(nodeId);
    const dirty = [...this.#dirty];
    for (let at = 0; at < dirty.length; at += MAX_PARALLEL_READS)
      await Promise.all(dirty.slice(at, at + MAX_PARALLEL_READS).map((nodeId) => this.#refresh(nodeId)));
  }

  async #refresh(nodeId: bigint): Promise<void> {
    const view = this.#nodes.get(nodeId);
    try {
      const facts =
        view === undefined ? undefined : await this.#components.chain.findNode(view.facts.operator);
      this.#dirty.delete(nodeId);
      if (facts?.nodeId === nodeId) this.#change(nodeId, { facts });
    } catch (error) {
      // Stays dirty: the next head reads it again.
      this.#components.logger.debug({ event: "node.unread", nodeId, error }, "A node could not be read.");
    }
  }
}
