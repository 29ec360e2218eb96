import { leaseMarketAbi } from "@fizz/protocol/chain";
import type { Address, Client, Hash } from "viem";
import { getBlock, getContractEvents } from "viem/actions";

/** What the chain says happened to a lease. Times are Unix milliseconds. */
export interface LeaseHistory {
  readonly openedAt: number | undefined;
  readonly openedIn: Hash | undefined;
  readonly startedAt: number | undefined;
  readonly closedAt: number | undefined;
  readonly closeReason: number | undefined;
  /** Wei. */
  readonly refunded: bigint | undefined;
}

/** Reads the lease's own events. They are found by its number, over the whole chain. */
export async function readLeaseHistory(client: Client, market: Address, lid: bigint): Promise<LeaseHistory> {
  const filter = { address: market, abi: leaseMarketAbi, args: { lid }, fromBlock: "earliest" } as const;
  const [opened, started, closed] = await Promise.all([
    getContractEvents(client, { ...filter, eventName: "LeaseOpened" }),
    getContractEvents(client, { ...filter, eventName: "LeaseStarted" }),
    getContractEvents(client, { ...filter, eventName: "LeaseClosed" }),
  ]);
  const [openedAt, startedAt, closedAt] = await Promise.all(
    [opened[0], started[0], closed[0]].map((log) => timeOf(client, log?.blockNumber)),
  );
  return {
    openedAt,
    openedIn: opened[0]?.transactionHash,
    startedAt,
    closedAt,
    closeReason: closed[0]?.args.reason,
    refunded: closed[0]?.args.refunded,
  };
}

async function timeOf(client: Client, blockNumber: bigint | undefined): Promise<number | undefined> {
  if (blockNumber === undefined) return undefined;
  return Number((await getBlock(client, { blockNumber })).timestamp) * 1_000;
}
