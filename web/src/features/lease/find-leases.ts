import { leaseMarketAbi } from "@fizz/protocol/chain";
import type { Address, Client, Hex } from "viem";
import { getContractEvents } from "viem/actions";

export interface OpenedLease {
  readonly lid: bigint;
  readonly leaseHash: Hex;
}

/** Every lease that a wallet ever opened, newest first, from the chain's own events. */
export async function findLeasesOf(client: Client, market: Address, tenant: Address): Promise<OpenedLease[]> {
  const logs = await getContractEvents(client, {
    address: market,
    abi: leaseMarketAbi,
    eventName: "LeaseOpened",
    args: { tenant },
    fromBlock: "earliest",
  });
  return logs
    .flatMap(({ args }) =>
      args.lid === undefined || args.leaseHash === undefined
        ? []
        : { lid: args.lid, leaseHash: args.leaseHash },
    )
    .reverse();
}
