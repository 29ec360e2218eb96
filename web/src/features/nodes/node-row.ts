import type { ResourceVector } from "@fizz/protocol/manifest";

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
  readonly state: NodeState;
  /** Unix milliseconds. */
  readonly lastSeenAt: number;
}

export type NodeState = "online" | "busy" | "offline";
