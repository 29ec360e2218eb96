import { type ChainSnapshot, type LocatedLease } from "../domain/lease-record.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { type UpdateRoom } from "../domain/plan-facts.ts";
import { type Chain, type GatewayLink } from "../ports.ts";
import { type HeldManifests } from "./held-manifests.ts";
import { type TearDownComponents } from "./tear-down.ts";

export interface LeaseWorkerComponents extends TearDownComponents {
  readonly chain: Chain;
  readonly gateway: GatewayLink;
  readonly manifests: HeldManifests;
  /** Asks for another look, after `ms`. */
  readonly wakeAfter: (ms: number) => void;
}

/** What was seen of one lease in one look. */
export interface LeaseLook {
  readonly located: LocatedLease;
  readonly snapshot: ChainSnapshot;
  readonly containers: readonly ObservedContainer[];
  /** Something of it is there though no container is. */
  readonly isLeft: boolean;
  /** Of the lease's steps, as the worker counts them, those that had ended when the look began: it may not show others. */
  readonly stepsDone: number;
  /** Nothing happened but that the chain has a new block. */
  readonly isOnlyBlock: boolean;
  readonly missingMs: number;
  readonly graceMs: number;
  /** For both versions of an update; undefined where it is never short. */
  readonly room?: UpdateRoom | undefined;
}
