import { leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type ComposedLease } from "@fizz/protocol/orders";
import { type SignedQuote } from "@fizz/protocol/typed-data";
import { encodeFunctionData, parseEventLogs } from "viem";
import { type Call, send, simulate } from "../chain/transactions.ts";
import { type Context } from "../context.ts";

export interface OpenInput {
  readonly composed: ComposedLease;
  readonly signed: SignedQuote;
  /** Wei that is deposited with the same transaction. */
  readonly value: bigint;
}

/**
 * Makes sure that the order would be taken, without a signature.
 *
 * @throws ProtocolError QUOTE_EXPIRED, NODE_FULL, INSUFFICIENT_ESCROW and the other refusals of the contract
 */
export async function requireOpenable(context: Context, input: OpenInput): Promise<void> {
  const { address } = await context.wallet();
  await simulate(await context.chain(), address, await openCall(context, input));
}

/**
 * From a quote to a lease in one transaction.
 *
 * @returns The number of the lease.
 * @throws ProtocolError As {@link requireOpenable}; TX_LOST
 */
export async function openLease(context: Context, input: OpenInput): Promise<bigint> {
  const sender = await context.sender((hash) => {
    context.terminal.done(`Deployment order created: ${hash}`);
  });
  const receipt = await send(sender, await openCall(context, input));
  const [opened] = parseEventLogs({ abi: leaseMarketAbi, eventName: "LeaseOpened", logs: receipt.logs });
  if (opened?.args.leaseHash !== input.composed.leaseHash)
    throw new ProtocolError("INTERNAL", "The chain opened another lease than the one that was composed.");
  return opened.args.lid;
}

async function openCall(context: Context, { composed, signed, value }: OpenInput): Promise<Call> {
  const { contracts } = await context.chain();
  const args = [signed.quote, signed.signature, composed.terms] as const;
  const data = encodeFunctionData({ abi: leaseMarketAbi, functionName: "open", args });
  return { to: contracts.leaseMarket, data, value };
}
