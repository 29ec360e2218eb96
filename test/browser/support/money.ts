import { leaseMarketAbi } from "@fizz/protocol/chain";
import { formatUnits, parseEventLogs } from "viem";
import { type Site } from "./site.ts";

/** What the chain's own events say about a closed lease, in wei. */
export async function moneyOf(
  site: Site,
  lid: bigint,
): Promise<{ locked: bigint; refunded: bigint; reason: number }> {
  const { client } = site.network.chain;
  const address = site.network.description.contracts.leaseMarket;
  const logs = await client.getLogs({ address, fromBlock: "earliest" });
  const events = parseEventLogs({ abi: leaseMarketAbi, eventName: ["LeaseOpened", "LeaseClosed"], logs });
  const opened = events.find(({ eventName, args }) => eventName === "LeaseOpened" && args.lid === lid);
  const closed = events.find(({ eventName, args }) => eventName === "LeaseClosed" && args.lid === lid);
  if (opened?.eventName !== "LeaseOpened" || closed?.eventName !== "LeaseClosed")
    throw new Error(`lease ${lid} is not closed on chain`);
  return { locked: opened.args.locked, refunded: closed.args.refunded, reason: closed.args.reason };
}

/** An amount as the page writes it: cut after nine digits. */
export function nineDigits(wei: bigint): string {
  return formatUnits(wei / 10n ** 9n, 9);
}
