import type { ResourceVector } from "@fizz/protocol/manifest";
import type { DiskMethod } from "@fizz/protocol/messages";

/** One node as the table shows it. Prices are wei per hour. */
export interface NodeRow {
  readonly nodeId: string;
  readonly operator: string;
  readonly mode: "fizz" | "provider";
  readonly region: string;
  readonly cpuTier: string;
  readonly cpuTierRank: number;
  readonly gpu: string;
  readonly cpuPerHour: bigint;
  readonly memoryGiBPerHour: bigint;
  readonly free: ResourceVector;
  readonly total: ResourceVector;
  /** How what a container has on disk is held to its lease. */
  readonly disk: DiskMethod;
  readonly state: NodeState;
  /** Part of the last 7 days for which it was there, in 1/10000; null while that is not measured. */
  readonly uptimeBps: number | null;
  /** What the chain says of its capacity rounds, in a few words, and how often it was convicted. */
  readonly capacity: string;
  readonly convictions: number;
  /** Nothing was heard of it for so long that its offer may no longer hold. */
  readonly stale: boolean;
  /** Unix milliseconds. Not told for each pulse of a node that is there. */
  readonly lastSeenAt: number;
}

/** What the gateway tells: all nodes, in parts, or what has changed. */
export type NodesNews =
  | {
      readonly kind: "snapshot";
      readonly begin: boolean;
      readonly end: boolean;
      readonly nodes: readonly NodeRow[];
    }
  | { readonly kind: "delta"; readonly nodes: readonly NodeRow[]; readonly removed: readonly string[] };

export type NodeState = "online" | "busy" | "offline";
