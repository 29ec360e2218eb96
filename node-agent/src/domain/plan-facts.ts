import { type CloseReason } from "@fizz/protocol/reasons";
import { type Hex } from "viem";
import { type HealthState } from "./health.ts";
import { type LeaseViews } from "./lease-record.ts";
import { type ObservedContainer } from "./observed.ts";
import { type RestartRecord } from "./stored-lease.ts";
import { type ContainerSpec, type RunningLimits } from "./workload.ts";

/** A container counts as running when it listens on what it exposes, or has been up for this time, in milliseconds. */
export const SETTLE_MS = 1_000;
/** A container of a version that is over may finish for this time what its callers have under way, in milliseconds. */
export const DRAIN_MS = 30_000;

/** A spec with its digest. */
export interface DesiredContainer {
  readonly spec: ContainerSpec;
  readonly digest: string;
  /** Digest under which earlier versions of the agent made the same container. */
  readonly formerDigest?: string;
}

/** Why a manifest version cannot be brought up. */
export interface BringUpFailure {
  readonly reason: CloseReason;
  /** Trying again cannot help. */
  readonly final: boolean;
}

/** One manifest version that the node holds. */
export interface HeldVersion {
  readonly version: number;
  readonly manifestHash: Hex;
  /** Undefined while the public ports are not known. */
  readonly desired: readonly DesiredContainer[] | undefined;
  readonly failure: BringUpFailure | undefined;
}

/** A container that is to go. */
export interface Leaving {
  /** Since when nobody new is sent to it, Unix milliseconds. */
  readonly since: number;
  /** That it still has. */
  readonly connections: number;
}

/** What there is for both versions of a lease while it is updated. */
export interface UpdateRoom {
  /** Memory that containers of other leases may not take, in bytes; undefined where it is not known. */
  readonly memoryBytes: bigint | undefined;
  /** GPUs that no other lease has; undefined where they are not counted. */
  readonly gpuUnits: number | undefined;
  /** What an update does that does not fit beside what runs. */
  readonly otherwise: "stop-first" | "decline";
}

/** Everything that decides what happens to one lease next. */
export interface LeaseFacts extends LeaseViews {
  /** How long neither view of the chain has had it, in milliseconds; 0 while one has. */
  readonly missingMs: number;
  readonly graceMs: number;
  /** Unix seconds of the head block. */
  readonly chainTime: number;
  /** Unix milliseconds of this machine. */
  readonly now: number;
  readonly held: readonly HeldVersion[];
  readonly containers: readonly ObservedContainer[];
  readonly restarts: Readonly<Record<string, RestartRecord>>;
  /** Containers that are known to listen on all that they expose, by id. */
  readonly listening?: ReadonlySet<string>;
  /** What is known of containers that are checked, by id. */
  readonly health?: Readonly<Record<string, HealthState>>;
  /** Containers of versions that are over, by id. */
  readonly leaving?: Readonly<Record<string, Leaving>>;
  /** Whether the gateway of this session knows the lease's doors; undefined while there is no session. */
  readonly doorsFresh: boolean | undefined;
  /** For both versions of an update; undefined where it is never short. */
  readonly room?: UpdateRoom | undefined;
}

export type Action =
  | { readonly type: "open-doors" }
  | { readonly type: "create"; readonly desired: DesiredContainer }
  | { readonly type: "start"; readonly container: ObservedContainer }
  | { readonly type: "restart"; readonly container: ObservedContainer }
  | { readonly type: "note-exit"; readonly container: ObservedContainer }
  | { readonly type: "stop"; readonly container: ObservedContainer }
  /** Stopped, and kept, for an update without room for both versions; started again if it comes to nothing. */
  | { readonly type: "park"; readonly container: ObservedContainer }
  | { readonly type: "return"; readonly container: ObservedContainer }
  | {
      readonly type: "resize";
      readonly container: ObservedContainer;
      readonly limits: RunningLimits;
      /** Manifest version that asks for it. */
      readonly version: number;
    }
  | { readonly type: "renew"; readonly container: ObservedContainer }
  | { readonly type: "evict"; readonly container: ObservedContainer; readonly limitBytes: bigint }
  | { readonly type: "remove"; readonly container: ObservedContainer }
  | { readonly type: "confirm-start" }
  | { readonly type: "decline"; readonly reason: CloseReason }
  | { readonly type: "confirm-update"; readonly version: number; readonly manifestHash: Hex }
  | { readonly type: "decline-update"; readonly version: number; readonly reason: CloseReason }
  | { readonly type: "close-exhausted" }
  | { readonly type: "tear-down"; readonly why: "closed" | "vanished" }
  | { readonly type: "wait"; readonly ms: number };
