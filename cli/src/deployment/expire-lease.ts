import { leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { encodeFunctionData } from "viem";
import { type Lease } from "../chain/lease-market.ts";
import { send } from "../chain/transactions.ts";
import { type Context } from "../context.ts";

/**
 * Takes the money back after a missed start. With the node's receipt for the manifest it is all of it, and a strike for
 * the node. Somebody else may do it first: then there is nothing to do.
 */
export async function expireLease(context: Context, { lid, leaseHash }: Lease): Promise<void> {
  const [chain, leases] = [await context.chain(), await context.leases()];
  const record = await leases.find(leaseHash);
  context.terminal.step("The start deadline has passed. Taking the money back");
  const args = [lid, record?.receipt?.signature ?? "0x"] as const;
  const data = encodeFunctionData({ abi: leaseMarketAbi, functionName: "expire", args });
  try {
    await send(await context.sender(), { to: chain.contracts.leaseMarket, data });
  } catch (error) {
    const over = error instanceof ProtocolError && error.code === "LEASE_WRONG_STATE";
    if (!over) throw error;
  }
}
