import { type KeptUptime } from "./domain/uptime.ts";

export interface NodeUptime extends KeptUptime {
  readonly nodeId: bigint;
}

/** Uptimes that survive a restart. May throw ProtocolError STORE_FAILED. */
export interface UptimeStore {
  find(nodeId: bigint): Promise<KeptUptime | undefined>;
  /** Inserts or replaces. */
  save(uptimes: readonly NodeUptime[]): Promise<void>;
  /** Drops what was kept before a time, in Unix milliseconds. */
  dropOlderThan(time: number): Promise<void>;
}
