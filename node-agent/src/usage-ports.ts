import { type StatsQuery, type StatsSnapshot } from "@fizz/protocol/messages";
import { type Hex } from "viem";

/** What tenants may see of the use of their containers. */
export interface UsageViews {
  /**
   * One snapshot, or, following, the newest one whenever it is asked for, at most one a second.
   *
   * @throws ProtocolError LEASE_NOT_FOUND, LEASE_WRONG_STATE, SERVICE_UNKNOWN, ENGINE_UNREACHABLE
   */
  stats(leaseHash: Hex, query: StatsQuery, signal: AbortSignal): AsyncIterable<StatsSnapshot[]>;
}
