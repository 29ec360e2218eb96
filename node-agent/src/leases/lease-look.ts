import { type Hex } from "viem";
import { type ChainSnapshot, type LocatedLease } from "../domain/lease-record.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { type UpdateRoom } from "../domain/plan-facts.ts";
import { type Logger } from "../observability/logger.ts";
import { type Chain, type Clock, type GatewayLink, type Journal, type LeaseStore } from "../ports.ts";
import { type ContainerSteps } from "./container-steps.ts";
import { type HeldManifests } from "./held-manifests.ts";
import { type ReplicaWatch } from "./replica-watch.ts";

export interface LeaseWorkerComponents {
  readonly chain: Chain;
  readonly gateway: GatewayLink;
  readonly store: LeaseStore;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly steps: ContainerSteps;
  readonly manifests: HeldManifests;
  readonly replicas: ReplicaWatch;
  /** Ends what tenants still have open of a lease that is over. */
  readonly endSessions: (leaseHash: Hex) => void;
  /** Asks for another look, after `ms`. */
  readonly wakeAfter: (ms: number) => void;
}

/** What was seen of one lease in one look. */
export interface LeaseLook {
  readonly located: LocatedLease;
  readonly snapshot: ChainSnapshot;
  readonly containers: readonly ObservedContainer[];
  /** Of the lease's steps, as the worker counts them, those that had ended when the look began: it may not show others. */
  readonly stepsDone: number;
  readonly missingMs: number;
  readonly graceMs: number;
  /** For both versions of an update; undefined where it is never short. */
  readonly room?: UpdateRoom | undefined;
}
