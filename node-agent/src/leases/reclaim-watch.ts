import { reclaimSteps, type ReclaimStep } from "../domain/busy-hours.ts";
import { type BusyTime } from "../domain/calendar.ts";
import { type ChainSnapshot } from "../domain/lease-record.ts";
import { type Logger } from "../observability/logger.ts";
import { type Chain, type Clock } from "../ports.ts";

const LOOK_EVERY_MS = 15_000;
/** A step is not tried again before this time: the look at the chain may be older than it. */
const STEP_PAUSE_MS = 60_000;

export interface ReclaimWatchComponents {
  readonly chain: Chain;
  readonly clock: Clock;
  readonly log: Logger;
  /** Newest look at the chain; undefined before the first. */
  readonly snapshot: () => ChainSnapshot | undefined;
  /** Present or next busy time. */
  readonly busy: (now: number) => BusyTime | undefined;
  /** The owner's hours have begun or ended. */
  readonly onChange: () => void;
}

export interface ReclaimWatchInit {
  readonly nodeId: bigint;
  /** Whether the machine is taken back; otherwise only the offer changes with the hours. */
  readonly reclaims: boolean;
}

/** Gives notice to leases in time for the owner's hours, and closes them when it is over. Containers go as after any close. */
export class ReclaimWatch {
  readonly #components: ReclaimWatchComponents;
  readonly #init: ReclaimWatchInit;
  readonly #tried = new Map<bigint, number>();
  #stop: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #isBusy = false;

  constructor(components: ReclaimWatchComponents, init: ReclaimWatchInit) {
    this.#components = components;
    this.#init = init;
  }

  start(): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#running;
    this.#stop = undefined;
  }

  /** One look; what fails is tried again later. */
  async look(): Promise<void> {
    const { clock, snapshot, busy: busyAt, onChange } = this.#components;
    const now = clock.now();
    const busy = busyAt(now);
    const isBusy = busy !== undefined && busy.from <= now;
    if (isBusy !== this.#isBusy) onChange();
    this.#isBusy = isBusy;
    const seen = snapshot();
    if (seen === undefined || !this.#init.reclaims) return;
    const own = [...seen.leases.values()].flatMap(({ head }) =>
      head?.nodeId === this.#init.nodeId ? [head] : [],
    );
    for (const [lid, at] of this.#tried) if (now - at >= STEP_PAUSE_MS) this.#tried.delete(lid);
    for (const step of reclaimSteps(own, busy, { now, chainTime: seen.headTime }))
      if (!this.#tried.has(step.lease.lid)) await this.#take(step, now);
  }

  async #take({ type, lease }: ReclaimStep, now: number): Promise<void> {
    const { chain, log } = this.#components;
    const { lid, leaseHash } = lease;
    this.#tried.set(lid, now);
    try {
      const fresh = await chain.lease(lid);
      // A reorg may have given the number to another lease.
      if (fresh?.leaseHash !== leaseHash || fresh.state !== lease.state) return;
      if (type === "notice") await chain.giveNotice(fresh, "node.reclaimed");
      else await chain.closeReclaimed(fresh, "node.reclaimed");
      log.info({ event: `reclaim.${type}`, lid, leaseHash }, "The owner needs the machine.");
    } catch (error) {
      log.warn(
        { event: `reclaim.${type}_failed`, lid, error },
        "A lease could not be taken back; trying again.",
      );
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await this.#components.clock.sleep(LOOK_EVERY_MS, signal);
    }
  }
}
