import { ProtocolError } from "@fizz/protocol/errors";
import { type ContractAddresses, type Offer } from "@fizz/protocol/messages";
import { isStale, isWorthTelling } from "../domain/directory-entry.ts";
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
import { type UptimeStore } from "../uptime-ports.ts";
import { NodeUptimes } from "./node-uptimes.ts";

/** Nodes that are listed, those that are away included, for each that may be connected. */
const KNOWN_PER_ONLINE = 2;
/** Nodes read from the chain at once. */
const MAX_PARALLEL_READS = 16;
/** Interval between looks at what time alone changes: uptime, and whether an offer is stale. */
const AGE_EVERY_MS = 10_000;

export interface NodeDirectoryComponents {
  readonly chain: Chain;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether a node serves leases through this gateway now. */
  readonly hasLeases: (nodeId: bigint) => boolean;
  /** Left out: uptimes end with the process. */
  readonly uptimes?: UptimeStore;
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
  readonly #uptimes: NodeUptimes;
  /** Each node as those who follow the list know it. */
  readonly #told = new Map<bigint, NodeView>();
  #online = 0;
  readonly #dirty = new Set<bigint>();
  readonly #onChange = new Set<(nodeId: bigint) => void>();
  readonly #onOnline = new Set<(nodeId: bigint) => void>();
  #stopListening: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(components: NodeDirectoryComponents, init: NodeDirectoryInit) {
    this.#components = components;
    this.#init = init;
    this.#uptimes = new NodeUptimes({ ...components, store: components.uptimes });
  }

  async start(): Promise<void> {
    await this.#uptimes.start();
    this.#stopListening ??= this.#components.chain.onHead((change) => {
      void this.#onHead(change);
    });
    this.#timer ??= setInterval(() => {
      this.age();
    }, AGE_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stopListening?.();
    this.#stopListening = undefined;
    await this.#uptimes.stop();
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

  /** Calls back when a node came, left the list, or changed in what tenants choose by. @returns A function that ends it. */
  onChange(listener: (nodeId: bigint) => void): () => void {
    this.#onChange.add(listener);
    return () => this.#onChange.delete(listener);
  }

  onOnline(listener: (nodeId: bigint) => void): () => void {
    this.#onOnline.add(listener);
    return () => this.#onOnline.delete(listener);
  }

  /** Takes note of what time alone has changed. */
  age(): void {
    const now = this.#components.clock();
    for (const [nodeId, view] of this.#nodes) {
      const stale = isStale(view.lastSeenAt, now);
      // Of a node that is connected to another process, that one keeps the record.
      const uptimeBps = this.#uptimes.has(nodeId) ? this.#uptimes.bpsAt(nodeId, now) : view.uptimeBps;
      if (stale !== view.stale || uptimeBps !== view.uptimeBps)
        this.#put(nodeId, { ...view, stale, uptimeBps });
    }
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
    await this.#uptimes.read(greeting.nodeId);
    this.#makeRoom(greeting.nodeId);
    const now = clock();
    const { nodeId, offer, peerId, agentVersion } = greeting;
    const uptimeBps = this.#uptimes.hear(nodeId, now);
    const heard = { offer, offerAt: now, lastSeenAt: now, stale: false, uptimeBps };
    const said = { peerId, agentVersion, connectedAt: now, latencyMs: null };
    this.#put(nodeId, { facts: admission.facts, online: false, ...said, ...heard });
    return gateway;
  }

  online(nodeId: bigint): void {
    this.#change(nodeId, { online: true });
    for (const listener of this.#onOnline) listener(nodeId);
  }

  update(
    nodeId: bigint,
    { offer, latencyMs }: { readonly offer: Offer; readonly latencyMs: number | null },
  ): void {
    this.#heard(nodeId, { latencyMs, offer, offerAt: this.#components.clock() });
  }

  seen(nodeId: bigint, latencyMs: number | null): void {
    this.#heard(nodeId, { latencyMs });
  }

  offline(nodeId: bigint): void {
    this.#change(nodeId, { online: false });
  }

  #heard(nodeId: bigint, change: Partial<NodeView>): void {
    if (!this.#nodes.has(nodeId)) return;
    const now = this.#components.clock();
    const uptimeBps = this.#uptimes.hear(nodeId, now);
    this.#change(nodeId, { ...change, lastSeenAt: now, stale: false, uptimeBps });
  }

  /** Takes what another process of this gateway says of a node that is connected there. */
  mirror(view: NodeView): void {
    this.#uptimes.drop(view.facts.nodeId);
    this.#put(view.facts.nodeId, view);
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
    if (oldest !== undefined) this.#forget(oldest.facts.nodeId);
  }

  #forget(nodeId: bigint): void {
    for (const map of [this.#nodes, this.#told]) map.delete(nodeId);
    this.#uptimes.drop(nodeId);
    this.#tell(nodeId);
  }

  #change(nodeId: bigint, change: Partial<NodeView>): void {
    const view = this.#nodes.get(nodeId);
    if (view === undefined) return;
    this.#put(nodeId, { ...view, ...change });
  }

  #put(nodeId: bigint, view: NodeView): void {
    this.#online += Number(view.online) - Number(this.#nodes.get(nodeId)?.online ?? false);
    this.#nodes.set(nodeId, view);
    if (!isWorthTelling(this.#told.get(nodeId), view)) return;
    this.#told.set(nodeId, view);
    this.#tell(nodeId);
  }

  #tell(nodeId: bigint): void {
    for (const listener of this.#onChange) listener(nodeId);
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
