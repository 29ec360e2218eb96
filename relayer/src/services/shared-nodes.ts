import { ProtocolError } from "@fizz/protocol/errors";
import {
  BEAT_MS,
  isThere,
  lastForeignPulse,
  PUBLISH_EVERY_MS,
  SIGN_WITHIN_MS,
} from "../domain/sharing-rules.ts";
import { type Clock, type Logger, type NodeGate, type NodeView } from "../ports.ts";
import { type PulseSigner } from "../pulse-ports.ts";
import { type ProcessEntry } from "../process-ports.ts";
import { type OwnedNode, type Registry } from "../sharing-ports.ts";
import { type NodeDirectory } from "./node-directory.ts";

/** Nodes of which one statement says what is new. */
const MAX_PUBLISHED = 500;

export interface SharedNodesComponents {
  readonly registry: Registry;
  readonly nodes: Pick<NodeDirectory, "find" | "mirror">;
  /** Ends the connection of a node that is connected to another process now. */
  readonly drop: (nodeId: bigint) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
}

export interface SharedNodesInit {
  readonly id: string;
  /** Where other processes reach this one: host and port. */
  readonly address: string;
  /** Where nodes and clients reach this one. */
  readonly multiaddrs: readonly string[];
  readonly version: string;
}

/** Of a node that is connected here. */
interface Claim {
  /** The last second for which another process may have signed its pulse. */
  readonly foreignUntil: number;
  /** When it was claimed last, by the process's own clock. */
  readonly at: number;
}

/**
 * The nodes of a gateway that several processes serve: which process a node is connected to, and what each says of its
 * own. The last one to whom a node said hello has it. While the database is away everything stays as it was, no node of
 * another process is taken, and no pulse is signed.
 */
export class SharedNodes {
  readonly #components: SharedNodesComponents;
  readonly #init: SharedNodesInit;
  readonly #now: () => number;
  readonly #claims = new Map<bigint, Claim>();
  readonly #owners = new Map<bigint, OwnedNode>();
  readonly #news = new Set<bigint>();
  readonly #timers: NodeJS.Timeout[] = [];
  #processes: readonly ProcessEntry[] = [];
  #since: string | undefined;
  /** When the last look that succeeded began. */
  #lookedAt = -Infinity;
  #looking: Promise<void> | undefined;
  #isAway = false;
  #isSameAddressTold = false;

  constructor(components: SharedNodesComponents, init: SharedNodesInit) {
    this.#components = components;
    this.#init = init;
    this.#now = components.now ?? (() => performance.now());
  }

  /** @throws ProtocolError STORE_FAILED */
  async start(): Promise<void> {
    await this.#look();
    this.#timers.push(setInterval(() => void this.look(), BEAT_MS));
    this.#timers.push(setInterval(() => void this.#publish(), PUBLISH_EVERY_MS));
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await this.#looking;
    await this.#components.registry.leave(this.#init.id).catch(() => undefined);
  }

  /** All processes that are there, as far as this one knows. */
  processes(): readonly ProcessEntry[] {
    return this.#processes.filter(isThere);
  }

  /** The other process that a node is connected to; undefined when it is none, or none that is known. */
  processOf(nodeId: bigint): ProcessEntry | undefined {
    const processId = this.#owners.get(nodeId)?.processId;
    if (processId === undefined || processId === this.#init.id) return undefined;
    return this.#processes.find(({ id }) => id === processId);
  }

  /** Where clients reach the other process that a node is connected to; undefined when it is none that is there. */
  multiaddrsOf(nodeId: bigint): readonly string[] | undefined {
    const process = this.processOf(nodeId);
    if (process === undefined || !isThere(process) || process.multiaddrs.length === 0) return undefined;
    return process.multiaddrs;
  }

  /** Reads what the others say. Failures are logged. */
  async look(): Promise<void> {
    this.#looking ??= this.#look()
      .then(
        () => {
          if (this.#isAway) this.#components.logger.info({ event: "sharing.back" }, "The database is back.");
          this.#isAway = false;
        },
        (error: unknown) => {
          const fields = { event: "sharing.away", error };
          const level = this.#isAway ? "debug" : "warn";
          this.#components.logger[level](fields, "The database is away: what is known holds meanwhile.");
          this.#isAway = true;
        },
      )
      .finally(() => {
        this.#looking = undefined;
      });
    await this.#looking;
  }

  /** A gate that tells the other processes of what goes through it. */
  gate(gate: NodeGate): NodeGate {
    return {
      admit: async (greeting) => {
        const identity = await gate.admit(greeting);
        await this.#claim(greeting.nodeId).catch((error: unknown) => {
          this.#mirrorForeign(greeting.nodeId);
          throw error;
        });
        return identity;
      },
      online: (nodeId) => {
        gate.online(nodeId);
        this.#news.add(nodeId);
      },
      update: (nodeId, news) => {
        gate.update(nodeId, news);
        this.#news.add(nodeId);
      },
      seen: (nodeId, latencyMs) => {
        gate.seen(nodeId, latencyMs);
        this.#news.add(nodeId);
      },
      offline: (nodeId) => {
        gate.offline(nodeId);
        this.#news.add(nodeId);
        this.#mirrorForeign(nodeId);
      },
    };
  }

  /** Signs nothing that another process may have contradicted. */
  pulses(pulses: PulseSigner): PulseSigner {
    return {
      countersign: (sender, signed) => {
        const claim = this.#claims.get(sender.nodeId);
        if (claim === undefined || this.#now() - this.#lookedAt > SIGN_WITHIN_MS)
          throw new ProtocolError("PULSE_OUT_OF_TIME", "Another process may have this node now. Try again.");
        if (signed.pulse.at <= claim.foreignUntil) {
          const message = "The node has just come here; what was signed before is not known. Try again.";
          throw new ProtocolError("PULSE_OUT_OF_TIME", message);
        }
        return pulses.countersign(sender, signed);
      },
    };
  }

  async #claim(nodeId: bigint): Promise<void> {
    const { registry, clock, nodes } = this.#components;
    const { id } = this.#init;
    const view = nodes.find(nodeId);
    if (view === undefined) return;
    try {
      const before = await registry.claim({ processId: id, view });
      const known = before === id ? this.#claims.get(nodeId) : undefined;
      const foreignUntil = known?.foreignUntil ?? lastForeignPulse(clock());
      this.#claims.set(nodeId, { foreignUntil, at: this.#now() });
      this.#owners.set(nodeId, { processId: id, view });
    } catch (error) {
      // It was here when the database was heard last: nobody else is known to have it.
      if (!this.#claims.has(nodeId)) throw error;
    }
  }

  async #look(): Promise<void> {
    const { registry } = this.#components;
    const began = this.#now();
    this.#processes = await registry.beat(this.#init);
    this.#tellSameAddress();
    const { nodes, until } = await registry.changes(this.#since);
    for (const node of nodes) this.#take(node, began);
    this.#since = until;
    this.#lookedAt = began;
    for (const owner of this.#owners.values()) if (owner.processId !== this.#init.id) this.#mirror(owner);
  }

  /** Clients that are sent to a node's process must be able to name it. */
  #tellSameAddress(): void {
    const { id, multiaddrs } = this.#init;
    const others = this.processes().filter((entry) => entry.id !== id);
    const same = others.flatMap((entry) => entry.multiaddrs).find((address) => multiaddrs.includes(address));
    if (same === undefined || this.#isSameAddressTold) return;
    this.#isSameAddressTold = true;
    const message = "Another process announces the same address: give each one of its own (announce).";
    this.#components.logger.warn({ event: "sharing.same_address", address: same }, message);
  }

  #take(node: OwnedNode, readAfter: number): void {
    const { nodeId } = node.view.facts;
    // It may have been read before it came here; the next look reads it again.
    if ((this.#claims.get(nodeId)?.at ?? -Infinity) >= readAfter) return;
    this.#owners.set(nodeId, node);
    if (node.processId === this.#init.id || !this.#claims.delete(nodeId)) return;
    const fields = { event: "sharing.moved", nodeId, to: node.processId };
    this.#components.logger.info(fields, "A node is connected to another process now.");
    this.#components.drop(nodeId);
  }

  /** What its own process says holds, whatever this one made of it. */
  #mirrorForeign(nodeId: bigint): void {
    const owner = this.#owners.get(nodeId);
    if (owner !== undefined && owner.processId !== this.#init.id) this.#mirror(owner);
  }

  /** A node of a process that is gone is away, until it comes to another. */
  #mirror({ processId, view }: OwnedNode): void {
    const { nodes } = this.#components;
    const isOnline = view.online && this.#processes.some((entry) => entry.id === processId && isThere(entry));
    const known = nodes.find(view.facts.nodeId);
    const isSame =
      known?.online === isOnline && known.lastSeenAt === view.lastSeenAt && known.offer === view.offer;
    if (!isSame) nodes.mirror({ ...view, facts: known?.facts ?? view.facts, online: isOnline });
  }

  async #publish(): Promise<void> {
    const { registry, nodes, logger } = this.#components;
    const due = [...this.#news].slice(0, MAX_PUBLISHED);
    for (const nodeId of due) this.#news.delete(nodeId);
    const views = due
      .filter((nodeId) => this.#claims.has(nodeId))
      .flatMap((nodeId) => nodes.find(nodeId) ?? []);
    if (views.length === 0) return;
    try {
      const mine = await registry.publish(this.#init.id, views);
      if (views.some(isLost(mine))) await this.look();
    } catch (error) {
      for (const nodeId of due) this.#news.add(nodeId);
      logger.debug({ event: "sharing.unpublished", error }, "What is new of nodes is told later.");
    }
  }
}

function isLost(mine: ReadonlySet<bigint>): (view: NodeView) => boolean {
  return ({ facts }) => !mine.has(facts.nodeId);
}
