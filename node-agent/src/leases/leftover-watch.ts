import { type Hex } from "viem";
import { leasesLeft, type LeftLease } from "../domain/left-over.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock, type LeaseStore } from "../ports.ts";
import { type Leftovers } from "../uninstall-ports.ts";

const LIST_TIMEOUT_MS = 20_000;
/** Most that are handed out of one listing; the others come with a later one. */
const MAX_LEFT = 64;

export interface LeftoverRules {
  /** The engine is asked this often, in milliseconds. */
  readonly listEveryMs: number;
  /**
   * What has volumes stays for this time after it was first seen, in milliseconds: a lost state may be brought back. Not of a
   * lease that this state knows to be over.
   */
  readonly volumeGraceMs: number;
}

export const LEFTOVER_RULES: LeftoverRules = { listEveryMs: 600_000, volumeGraceMs: 24 * 3_600_000 };

export interface LeftoverWatchComponents {
  readonly leftovers: Pick<Leftovers, "list">;
  readonly store: Pick<LeaseStore, "find">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Finds networks, volumes and sandboxes of this node whose leases nobody looks after. What becomes of them the chain decides. */
export class LeftoverWatch {
  readonly #components: LeftoverWatchComponents;
  readonly #rules: LeftoverRules;
  /** Since when they have been seen, with this agent; Unix milliseconds. */
  readonly #since = new Map<Hex, number>();
  #left: readonly LeftLease[] = [];
  #listedAt: number | undefined;

  constructor(components: LeftoverWatchComponents, rules: LeftoverRules = LEFTOVER_RULES) {
    this.#components = components;
    this.#rules = rules;
  }

  /**
   * Those that are to be held against the chain now; the same until the next listing. An engine that does not answer tells
   * nothing new.
   */
  async look(containers: readonly ObservedContainer[]): Promise<readonly LeftLease[]> {
    const { store, clock, log } = this.#components;
    const { listEveryMs, volumeGraceMs } = this.#rules;
    const now = clock.now();
    if (now - (this.#listedAt ?? -listEveryMs) >= listEveryMs) {
      this.#listedAt = now;
      try {
        await this.#list(containers);
      } catch (error) {
        log.warn({ event: "leftovers.not_listed", error }, "What is left over could not be listed.");
      }
    }
    return this.#left
      .filter(({ leaseHash, hasVolumes }) => {
        const since = this.#since.get(leaseHash) ?? now;
        return (
          !hasVolumes || now - since >= volumeGraceMs || typeof store.find(leaseHash)?.removedAt === "number"
        );
      })
      .slice(0, MAX_LEFT);
  }

  /** It was removed, or that failed; the next listing tells. */
  forget(leaseHash: Hex): void {
    this.#left = this.#left.filter((lease) => lease.leaseHash !== leaseHash);
  }

  async #list(containers: readonly ObservedContainer[]): Promise<void> {
    const { leftovers, store, clock } = this.#components;
    const all = await leftovers.list(AbortSignal.timeout(LIST_TIMEOUT_MS));
    const shown = new Set(containers.map(({ leaseHash }) => leaseHash));
    const isLookedAfter = (leaseHash: Hex): boolean =>
      shown.has(leaseHash) || store.find(leaseHash)?.removedAt === null;
    this.#left = leasesLeft(all, isLookedAfter);
    const hashes = new Set(this.#left.map(({ leaseHash }) => leaseHash));
    for (const leaseHash of this.#since.keys()) if (!hashes.has(leaseHash)) this.#since.delete(leaseHash);
    for (const leaseHash of hashes) if (!this.#since.has(leaseHash)) this.#since.set(leaseHash, clock.now());
  }
}
