import { type Hex } from "viem";
import { type ObservedContainer } from "../domain/observed.ts";
import { inStopOrder } from "../domain/start-order.ts";
import { type StoredLease } from "../domain/stored-lease.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock, type Journal, type LeaseStore } from "../ports.ts";
import { type ContainerSteps, type StepContext } from "./container-steps.ts";
import { type LeaseManifests, serviceOrder } from "./held-manifests.ts";
import { type LeftoverWatch } from "./leftover-watch.ts";
import { type ReplicaWatch } from "./replica-watch.ts";

export interface TearDownComponents {
  readonly store: LeaseStore;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly steps: ContainerSteps;
  readonly replicas: ReplicaWatch;
  /** Ends what tenants still have open of a lease that is over. */
  readonly endSessions: (leaseHash: Hex) => void;
  /** Undefined where nothing looks for what is left over. */
  readonly leftovers?: Pick<LeftoverWatch, "forget">;
}

/** A lease that is over, as it was seen. */
export interface OverLease {
  readonly look: {
    readonly containers: readonly ObservedContainer[];
    /** Something of it is there though no container is. */
    readonly isLeft: boolean;
  };
  readonly manifests: LeaseManifests;
  readonly context: StepContext;
}

type Why = "closed" | "vanished";

/** Takes away what a lease has here, once the chain says that it is over. */
export class TearDown {
  readonly #components: TearDownComponents;

  constructor(components: TearDownComponents) {
    this.#components = components;
  }

  /** Events outlive the lease for a while; keys and manifests do not. @throws ProtocolError as Engine, STORE_FAILED */
  async perform(over: OverLease, why: Why): Promise<void> {
    const { store, journal, endSessions, replicas } = this.#components;
    const { look, context } = over;
    const { leaseHash } = context;
    const stored = store.find(leaseHash);
    const isDone = stored === undefined || stored.removedAt !== null;
    if (isDone && look.containers.length === 0) {
      if (look.isLeft) await this.#removeLeft(over, why);
      return;
    }
    endSessions(leaseHash);
    await this.#removeContainers(over);
    replicas.forget(leaseHash);
    if (stored === undefined) await journal.remove(leaseHash);
    else await this.#note(stored, context, why);
  }

  async #removeContainers({ look, manifests, context }: OverLease): Promise<void> {
    const { steps } = this.#components;
    for (const group of inStopOrder(look.containers, serviceOrder(manifests)))
      await Promise.all(group.map((container) => steps.remove(container, context)));
    await steps.removeLease(context);
  }

  /** What fails here is tried again after the next listing. */
  async #removeLeft({ context }: OverLease, why: Why): Promise<void> {
    const { leaseHash } = context;
    const { steps, log, leftovers } = this.#components;
    leftovers?.forget(leaseHash);
    await steps.removeLease(context);
    log.info({ event: "leftover.removed", leaseHash, why }, "What was left over of a lease is gone.");
  }

  async #note({ leaseHash }: StoredLease, context: StepContext, why: Why): Promise<void> {
    const { store, clock, log, endSessions } = this.#components;
    const message = why === "closed" ? "Lease closed" : "The lease is no longer on the chain";
    if (!context.log.isLast("lease.closed")) context.log.add({ code: "lease.closed", message });
    const removedAt = clock.now();
    await store.change(leaseHash, (lease) => ({
      ...lease,
      manifests: [],
      doors: null,
      restarts: {},
      images: {},
      removedAt,
    }));
    // What was opened meanwhile; from now on nothing is.
    endSessions(leaseHash);
    log.info({ event: "lease.removed", leaseHash, why }, "A lease is over; its containers are gone.");
  }
}
