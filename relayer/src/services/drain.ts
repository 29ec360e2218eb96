import { ProtocolError } from "@fizz/protocol/errors";
import { type Clock, type Logger, type NodeGate } from "../ports.ts";

/** Interval between looks at the connections that are left. */
const LOOK_EVERY_MS = 100;

/** The doors, as far as an end concerns them. */
export interface DrainedDoors {
  counts(): { readonly connections: number };
  /** Existing connections go on; new ones find nobody. */
  refuseNew(): void;
}

export interface DrainComponents {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Unix milliseconds. */
export interface DrainTimes {
  readonly since: number;
  /** Then the gateway ends, whoever is connected. */
  readonly deadline: number;
}

/** An orderly end: nothing new is taken, and what goes on may go on for a while. */
export class Drain {
  readonly #components: DrainComponents;
  readonly #doors = new Set<DrainedDoors>();
  #times: DrainTimes | undefined;
  #markOver: () => void = () => undefined;
  /** Resolves when the last connection is over, or at the deadline. Never while nobody began it. */
  readonly over = new Promise<void>((resolve) => {
    this.#markOver = resolve;
  });

  constructor(components: DrainComponents) {
    this.#components = components;
  }

  /** Undefined while the gateway serves. */
  get times(): DrainTimes | undefined {
    return this.#times;
  }

  attach(doors: DrainedDoors): void {
    this.#doors.add(doors);
  }

  /** Begins it, or moves its deadline. @param limitMs From now on; 0 ends it at once. */
  begin(limitMs: number): DrainTimes {
    const now = this.#components.clock();
    const isFirst = this.#times === undefined;
    this.#times = { since: this.#times?.since ?? now, deadline: now + limitMs };
    if (isFirst) {
      for (const doors of this.#doors) doors.refuseNew();
      this.#look();
    }
    const fields = { event: "gateway.draining", connections: this.#connections(), limitMs };
    this.#components.logger.info(
      fields,
      "The gateway takes nothing new; what goes on may go on for a while.",
    );
    return this.#times;
  }

  /** @throws ProtocolError GATEWAY_DRAINING */
  requireServing(): void {
    if (this.#times === undefined) return;
    throw new ProtocolError("GATEWAY_DRAINING", "This gateway is about to end and takes nothing new.");
  }

  /** Lets no new nodes in meanwhile. One that serves leases here may come back. */
  gate(gate: NodeGate, hasLeases: (nodeId: bigint) => boolean): NodeGate {
    return {
      admit: async (greeting) => {
        if (!hasLeases(greeting.nodeId)) this.requireServing();
        return await gate.admit(greeting);
      },
      online: (nodeId) => {
        gate.online(nodeId);
      },
      update: (nodeId, news) => {
        gate.update(nodeId, news);
      },
      seen: (nodeId, latencyMs) => {
        gate.seen(nodeId, latencyMs);
      },
      offline: (nodeId) => {
        gate.offline(nodeId);
      },
    };
  }

  #look(): void {
    const connections = this.#connections();
    const deadline = this.#times?.deadline ?? 0;
    if (connections === 0 || this.#components.clock() >= deadline) {
      this.#components.logger.info({ event: "gateway.drained", connections }, "The gateway is drained.");
      this.#markOver();
      return;
    }
    setTimeout(() => {
      this.#look();
    }, LOOK_EVERY_MS);
  }

  #connections(): number {
    return [...this.#doors].reduce((sum, doors) => sum + doors.counts().connections, 0);
  }
}
