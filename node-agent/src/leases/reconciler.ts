import { type LeaseEventCode } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { retryDelayMs } from "../domain/back-off.ts";
import { type ChainSnapshot, locateLease, type LocatedLease } from "../domain/lease-record.ts";
import { type LeftLease } from "../domain/left-over.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { servedLeases } from "../domain/served-leases.ts";
import { type StoredLease } from "../domain/stored-lease.ts";
import { type RoomOf } from "../domain/update-room.ts";
import { type Logger } from "../observability/logger.ts";
import { type Chain, type Clock, type Engine, type Journal, type LeaseStore } from "../ports.ts";
import { type LeaseLook } from "./lease-look.ts";
import { type LeaseWorker } from "./lease-worker.ts";
import { type LeftoverWatch } from "./leftover-watch.ts";
import { type Wake, type Wakeup } from "./wakeup.ts";

/** Looks at least this often, whatever happens or does not, and at every lease, in milliseconds. */
const LOOK_EVERY_MS = 10_000;
/** Longest wait after a look that failed: what an engine took along is to be back soon after it. In milliseconds. */
const MAX_RETRY_MS = 4_000;
const OBSERVE_TIMEOUT_MS = 20_000;
/** Events of a lease that is over are kept for this time, in milliseconds. */
const EVENTS_KEPT_MS = 24 * 3_600_000;
/** A head older than this says nothing about leases that are missing: the RPC may be behind. In milliseconds. */
const STALE_HEAD_MS = 300_000;

/** One failure alone is not told to tenants: a block that a reorg just took away looks like one. */
const FAILURES_TOLD = 2;

export interface ReconcilerComponents {
  readonly chain: Chain;
  readonly engine: Engine;
  readonly store: LeaseStore;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly wakeup: Wakeup;
  readonly makeWorker: (leaseHash: Hex) => LeaseWorker;
  /** Undefined where nothing looks for what is left over. */
  readonly leftovers?: Pick<LeftoverWatch, "look">;
  /** The leases of this node are not what they were at the last look. */
  readonly onLeasesChanged: () => void;
  /** What containers of other leases leave for an update; never short when left out. */
  readonly room?: RoomOf | undefined;
}

export interface ReconcilerInit {
  readonly nodeId: bigint;
  readonly missingGraceMs: number;
}

/** The newest complete look at the world. */
export interface World {
  readonly snapshot: ChainSnapshot;
  readonly containers: readonly ObservedContainer[];
  /** Leases of which something is there, and no container. */
  readonly left: readonly LeftLease[];
}

type Source = "chain" | "engine";

/** What a look begins with. */
interface Begun {
  /** Unix milliseconds. */
  readonly at: number;
  /** Nothing happened but that there is a new block, and not long ago all was looked at. */
  readonly isOnlyBlock: boolean;
  /**
   * For each lease, what is seen from now on may be from before the end of the next step. That a worker is at work says
   * less: where it finds nothing to do, looks would call for each other without end.
   */
  readonly stepsDone: ReadonlyMap<Hex, number>;
}

/** Of a look at the world, what concerns one lease. */
type OwnPart = Pick<LeaseLook, "stepsDone" | "room" | "isOnlyBlock"> & {
  readonly own: readonly ObservedContainer[];
};

/**
 * Compares what should run with what runs, lease by lease. Blocks, engine events and messages only wake it; each look
 * starts from the facts. When chain or engine cannot be read, nothing at all is done.
 */
export class Reconciler {
  readonly #components: ReconcilerComponents;
  readonly #init: ReconcilerInit;
  readonly #workers = new Map<Hex, LeaseWorker>();
  readonly #missingSince = new Map<Hex, number>();
  /** Failures in a row. */
  readonly #failures = new Map<Source, number>();
  #leases = "";
  /** When a look began last that was not of a block alone. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stop: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #world: World | undefined;

  constructor(components: ReconcilerComponents, init: ReconcilerInit) {
    this.#components = components;
    this.#init = init;
  }

  start(): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal);
  }

  /** Containers go on running. */
  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#running;
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    this.#stop = undefined;
  }

  world(): World | undefined {
    return this.#world;
  }

  /** Leases of this node that are not closed, as the newest look has it. */
  leaseCount(): number {
    const views = [...(this.#world?.snapshot.leases.values() ?? [])];
    const { nodeId } = this.#init;
    return views.filter(({ head }) => head?.nodeId === nodeId && head.state !== "closed").length;
  }

  /** Leases that run here, as the newest look has it. */
  servedLeases(): Hex[] {
    return this.#world === undefined ? [] : servedLeases(this.#world, this.#init.nodeId);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, wakeup } = this.#components;
    let failures = 0;
    let wake: Wake = "any";
    while (!signal.aborted) {
      const isDone = await this.#look(wake);
      failures = isDone ? 0 : failures + 1;
      wake = "any";
      if (isDone) wake = await wakeup.wait(LOOK_EVERY_MS, signal);
      else await clock.sleep(Math.min(MAX_RETRY_MS, retryDelayMs(failures, Math.random())), signal);
    }
  }

  /** False when something could not be read. */
  async #look(wake: Wake): Promise<boolean> {
    const { engine, chain, log, leftovers } = this.#components;
    const begun = this.#begin(wake);
    const containers = await this.#read("engine", () =>
      engine.observe(AbortSignal.timeout(OBSERVE_TIMEOUT_MS)),
    );
    if (containers === undefined) return false;
    const left = (await leftovers?.look(containers)) ?? [];
    const watch = this.#lidsToWatch([...containers, ...left]);
    const snapshot = await this.#read("chain", () => chain.snapshot(this.#init.nodeId, watch));
    if (snapshot === undefined) return false;
    this.#world = { snapshot, containers, left };
    try {
      this.#noteLeases(snapshot);
      const hashes = this.#hashes(this.#world);
      await this.#lookAtAll(hashes, this.#world, begun);
      await this.#forgetOld();
      this.#dropIdle(hashes);
      if (!begun.isOnlyBlock) this.#lookedAt = begun.at;
      return true;
    } catch (error) {
      log.error({ event: "reconcile.failed", error }, "A look at the leases failed.");
      return false;
    }
  }

  #noteLeases(snapshot: ChainSnapshot): void {
    const states = [...snapshot.leases].map(
      ([lid, { head }]) => `${lid} ${head?.state ?? ""} ${head?.version ?? ""}`,
    );
    const leases = states.join();
    if (leases !== this.#leases) this.#components.onLeasesChanged();
    this.#leases = leases;
  }

  #begin(wake: Wake): Begun {
    const at = this.#components.clock.now();
    const sinceMs = at - this.#lookedAt;
    // A clock may be set back.
    const isOnlyBlock = wake === "block" && sinceMs >= 0 && sinceMs < LOOK_EVERY_MS;
    const stepsDone = [...this.#workers].map(
      ([leaseHash, worker]) => [leaseHash, worker.stepsDone()] as const,
    );
    return { at, isOnlyBlock, stepsDone: new Map(stepsDone) };
  }

  async #lookAtAll(
    hashes: ReadonlySet<Hex>,
    { snapshot, containers, left }: World,
    { isOnlyBlock, stepsDone }: Begun,
  ): Promise<void> {
    const byLease = Map.groupBy(containers, ({ leaseHash }) => leaseHash);
    const room = this.#components.room?.(containers);
    for (const leaseHash of hashes) {
      const own = byLease.get(leaseHash) ?? [];
      const part: OwnPart = { own, room: room?.(own), isOnlyBlock, stepsDone: stepsDone.get(leaseHash) ?? 0 };
      await this.#lookAt(leaseHash, { snapshot, left, ...part });
    }
  }

  async #lookAt(
    leaseHash: Hex,
    { snapshot, left, own, ...part }: Pick<World, "snapshot" | "left"> & OwnPart,
  ): Promise<void> {
    const ownLeft = left.find((lease) => lease.leaseHash === leaseHash);
    const stored = this.#components.store.find(leaseHash);
    const located = locateLease(snapshot, leaseHash, stored?.lid ?? own[0]?.lid ?? ownLeft?.lid);
    const missingMs = await this.#missing(leaseHash, { located, stored, snapshot });
    if (located.lid !== undefined && stored !== undefined && stored.lid !== located.lid) {
      const { lid } = located;
      await this.#components.store.change(leaseHash, (lease) => ({ ...lease, lid }));
      this.#components.log.warn(
        { event: "lease.moved", leaseHash, lid },
        "A reorg gave the lease another number.",
      );
    }
    const { missingGraceMs: graceMs } = this.#init;
    const seen = { located, snapshot, containers: own, isLeft: ownLeft !== undefined };
    this.#workerOf(leaseHash).look({ ...seen, ...part, missingMs, graceMs });
  }

  #workerOf(leaseHash: Hex): LeaseWorker {
    const known = this.#workers.get(leaseHash);
    if (known !== undefined) return known;
    const worker = this.#components.makeWorker(leaseHash);
    this.#workers.set(leaseHash, worker);
    return worker;
  }

  /** Leases that nobody speaks of any more need no memory. */
  #dropIdle(hashes: ReadonlySet<Hex>): void {
    for (const [leaseHash, worker] of this.#workers)
      if (!hashes.has(leaseHash) && worker.isIdle()) this.#workers.delete(leaseHash);
    for (const leaseHash of this.#missingSince.keys())
      if (!hashes.has(leaseHash)) this.#missingSince.delete(leaseHash);
  }

  /** How long a lease has been missing from both views of a chain that is up to date. */
  async #missing(
    leaseHash: Hex,
    {
      located,
      stored,
      snapshot,
    }: { located: LocatedLease; stored: StoredLease | undefined; snapshot: ChainSnapshot },
  ): Promise<number> {
    const { clock, store } = this.#components;
    const now = clock.now();
    const known = stored?.missingSince ?? this.#missingSince.get(leaseHash);
    const since = isMissing(located, snapshot, now) ? (known ?? now) : null;
    if (since === null) this.#missingSince.delete(leaseHash);
    else this.#missingSince.set(leaseHash, since);
    if (stored !== undefined && stored.missingSince !== since)
      await store.change(leaseHash, (lease) => ({ ...lease, missingSince: since }));
    return since === null ? 0 : now - since;
  }

  /** Leases with something to do: on chain, stored and not over, or with something on the engine. */
  #hashes({ snapshot, containers, left }: World): Set<Hex> {
    const { store } = this.#components;
    const isOver = (leaseHash: Hex): boolean => typeof store.find(leaseHash)?.removedAt === "number";
    const hashes = [...snapshot.opened.keys(), ...store.leases().map(({ leaseHash }) => leaseHash)];
    return new Set([
      ...hashes.filter((leaseHash) => !isOver(leaseHash)),
      ...[...containers, ...left].map(({ leaseHash }) => leaseHash),
    ]);
  }

  #lidsToWatch(seen: readonly Pick<ObservedContainer, "lid">[]): bigint[] {
    const { store } = this.#components;
    const stored = store.leases().filter(({ removedAt }) => removedAt === null);
    const lids = [...stored.map(({ lid }) => lid), ...seen.map(({ lid }) => lid)];
    return [...new Set(lids.filter((lid) => lid !== undefined))];
  }

  async #forgetOld(): Promise<void> {
    const { store, journal, clock } = this.#components;
    const now = clock.now();
    for (const { leaseHash, removedAt } of store.leases()) {
      if (removedAt === null || now - removedAt < EVENTS_KEPT_MS) continue;
      await journal.remove(leaseHash);
      await store.remove(leaseHash);
    }
  }

  /** Undefined when the source does not answer; tells every lease when that begins and ends. */
  async #read<Result>(source: Source, task: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const result = await task();
      const failures = this.#failures.get(source) ?? 0;
      this.#failures.delete(source);
      if (failures >= FAILURES_TOLD) this.#tellAll(`${source}.reachable`, `The ${source} answers again`);
      return result;
    } catch (error) {
      this.#components.log.warn({ event: `${source}.unreachable`, error }, `The ${source} does not answer.`);
      const failures = (this.#failures.get(source) ?? 0) + 1;
      this.#failures.set(source, failures);
      if (failures === FAILURES_TOLD)
        this.#tellAll(`${source}.unreachable`, `The ${source} does not answer; everything is left as it is`);
      return undefined;
    }
  }

  #tellAll(code: LeaseEventCode, message: string): void {
    const { store, journal, log } = this.#components;
    log.info({ event: code }, message);
    for (const { leaseHash, removedAt } of store.leases())
      if (removedAt === null) journal.append(leaseHash, { code, message });
  }
}

/** An RPC that is behind says nothing about what is missing. @param now Unix milliseconds. */
function isMissing(located: LocatedLease, snapshot: ChainSnapshot, now: number): boolean {
  const isStale = now - snapshot.headTime * 1_000 > STALE_HEAD_MS;
  return located.head === undefined && located.confirmed === undefined && !isStale;
}
