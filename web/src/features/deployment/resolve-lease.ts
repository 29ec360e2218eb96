import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type Address, type Hex, parseEventLogs } from "viem";
import type { Config } from "wagmi";
import { waitForReceipt } from "../../chain/run-transaction.ts";
import { findLeasesOf } from "../lease/find-leases.ts";
import type { LeaseRecord } from "../lease/lease-record.ts";

/**
 * The number of a lease that this browser opened: from its transaction, or, when the page was closed before the
 * wallet answered, from the wallet's events on chain.
 *
 * @returns Undefined while the chain does not have it.
 * @throws ProtocolError TX_REVERTED, TX_LOST
 */
export async function resolveLid(
  config: Config,
  market: Address,
  record: LeaseRecord,
): Promise<bigint | undefined> {
  const known = await findLeasesOf(config.getClient(), market, record.tenant);
  const found = known.find(({ leaseHash }) => leaseHash === record.leaseHash);
  if (found !== undefined) return found.lid;
  if (record.transactionHash === undefined) return undefined;
  const receipt = await waitForReceipt(config, record.transactionHash);
  const events = parseEventLogs({ abi: leaseMarketAbi, eventName: "LeaseOpened", logs: receipt.logs });
  return events.find(({ args }) => isSame(args.leaseHash, record.leaseHash))?.args.lid;
}

function isSame(left: Hex, right: Hex): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
