import { ProtocolError } from "@fizz/protocol/errors";
import { type ReplicaStats, type StatsQuery, type StatsSnapshot } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { findRunning, type ObservedContainer } from "../domain/observed.ts";
import { type Clock, type Engine, type LeaseStore } from "../ports.ts";
import { type UsageViews } from "../usage-ports.ts";
import { UsageWatch } from "./usage-watch.ts";

/** A first snapshot waits so many intervals for a CPU's part of every running container: it takes two readings. */
const FIRST_TICKS = 4;

/** Where a container of a deployment stands, and what it may use. */
export interface Place {
  readonly service: string;
  readonly replica: number;
  readonly limits: ReplicaStats["limits"];
}

export interface StatsDeskComponents {
  readonly engine: Pick<Engine, "usage">;
  readonly store: Pick<LeaseStore, "find">;
  readonly clock: Clock;
  /** Every replica of the newest manifest. Throws LEASE_NOT_FOUND, LEASE_WRONG_STATE. */
  readonly placesOf: (leaseHash: Hex) => Promise<readonly Place[]>;
  /** All containers of this node, as last observed. */
  readonly containers: () => readonly ObservedContainer[];
}

interface SharedWatch {
  readonly watch: UsageWatch;
  readers: number;
}

/** What the containers of each lease use. The engine is read once, however many look, and only while somebody does. */
export class StatsDesk implements UsageViews {
  readonly #components: StatsDeskComponents;
  readonly #watches = new Map<Hex, SharedWatch>();

  constructor(components: StatsDeskComponents) {
    this.#components = components;
  }

  async *stats(
    leaseHash: Hex,
    query: StatsQuery,
    signal: AbortSignal,
  ): AsyncGenerator<StatsSnapshot[], void, void> {
    // Before anything is begun: who asks for what there is not must not make the engine work.
    requirePlace(await this.#components.placesOf(leaseHash), query);
    const shared = this.#join(leaseHash);
    try {
      let tick = 0;
      let waitsLeft = FIRST_TICKS;
      for (;;) {
        tick = await shared.watch.after(tick, signal);
        if (signal.aborted) return;
        const snapshot = await this.#snapshot(leaseHash, query, shared.watch);
        waitsLeft -= 1;
        if (waitsLeft > 0 && !this.#isComplete(leaseHash, snapshot)) continue;
        waitsLeft = 0;
        yield [snapshot];
        if (!query.follow) return;
      }
    } finally {
      this.#leave(leaseHash, shared);
    }
  }

  #join(leaseHash: Hex): SharedWatch {
    const known = this.#watches.get(leaseHash);
    const containers = (): readonly ObservedContainer[] => this.#containersOf(leaseHash);
    const shared = known ?? { watch: new UsageWatch({ ...this.#components, containers }), readers: 0 };
    shared.readers += 1;
    this.#watches.set(leaseHash, shared);
    return shared;
  }

  #leave(leaseHash: Hex, shared: SharedWatch): void {
    shared.readers -= 1;
    if (shared.readers > 0) return;
    this.#watches.delete(leaseHash);
    shared.watch.stop();
  }

  async #snapshot(leaseHash: Hex, query: StatsQuery, watch: UsageWatch): Promise<StatsSnapshot> {
    const { store, clock, placesOf } = this.#components;
    const containers = this.#containersOf(leaseHash);
    const restarts = store.find(leaseHash)?.restarts ?? {};
    const places = (await placesOf(leaseHash)).filter((place) => isWanted(place, query));
    const replicas = places.map((place): ReplicaStats => {
      const running = findRunning(containers, place);
      return {
        ...place,
        restarts: running === undefined ? 0 : (restarts[running.digest]?.count ?? 0),
        usage: running === undefined ? null : (watch.usageOf(running.id) ?? null),
      };
    });
    return { at: clock.now(), replicas };
  }

  #isComplete(leaseHash: Hex, { replicas }: StatsSnapshot): boolean {
    const containers = this.#containersOf(leaseHash);
    return replicas.every(
      ({ usage, ...place }) =>
        typeof usage?.milliCpu === "number" || findRunning(containers, place) === undefined,
    );
  }

  #containersOf(leaseHash: Hex): readonly ObservedContainer[] {
    return this.#components.containers().filter((container) => container.leaseHash === leaseHash);
  }
}

function isWanted({ service, replica }: Place, query: StatsQuery): boolean {
  return (
    (query.service === undefined || query.service === service) &&
    (query.replica === undefined || query.replica === replica)
  );
}

function requirePlace(places: readonly Place[], query: StatsQuery): void {
  if (places.some((place) => isWanted(place, query))) return;
  const names = places.map(({ service, replica }) => `${service} ${replica}`).join(", ");
  throw new ProtocolError("SERVICE_UNKNOWN", `The deployment has no such container. It has: ${names}.`);
}
