import { nodeRegistryAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type BidWait, gatewayApi, waitForBid } from "@fizz/protocol/gateway-api";
import { type Manifest, NATIVE_TOKEN, priceCeilingPerSecond } from "@fizz/protocol/manifest";
import type { RankedQuote, Refusal } from "@fizz/protocol/messages";
import { composeOrder, type Order } from "@fizz/protocol/orders";
import { fizzDomain, recoverQuoteSigner } from "@fizz/protocol/typed-data";
import { type Address, zeroAddress } from "viem";
import type { Config } from "wagmi";
import { readContract } from "wagmi/actions";
import type { NetworkConfig } from "../../network/network-config.ts";

/** The bids for one order. An order belongs to its quotes: its salts are fresh each time. */
export interface QuoteRound {
  readonly order: Order;
  readonly name: string;
  readonly tenant: Address;
  /** Best first; each checked against the order and the chain. */
  readonly quotes: readonly RankedQuote[];
  readonly refusals: readonly Refusal[];
}

export interface QuoteContext {
  readonly config: Config;
  readonly network: NetworkConfig;
  readonly tenant: Address;
}

/**
 * Asks the gateway for bids on the open part, and believes none of them before it is checked.
 *
 * @param wait How long to ask again while nobody bids.
 */
export async function requestQuotes(
  context: QuoteContext,
  manifest: Manifest,
  wait: BidWait,
): Promise<QuoteRound> {
  const { network, tenant } = context;
  const order = composeOrder(manifest);
  if (order.openPart.token !== NATIVE_TOKEN) {
    const message = `This page pays in ${NATIVE_TOKEN} and the manifest asks for ${order.openPart.token}. Change pricing.token.`;
    throw new ProtocolError("MANIFEST_INVALID", message);
  }
  const api = gatewayApi({ baseUrl: network.gatewayUrl, fetch: globalThis.fetch.bind(globalThis) });
  const { openPart, openSalt } = order;
  const answer = await waitForBid(api, { openPart, openSalt, tenant, token: zeroAddress }, wait);
  const refusals = [...answer.refusals];
  const quotes: RankedQuote[] = [];
  for (const ranked of answer.quotes) {
    const problem = await problemOf(context, order, ranked);
    if (problem === undefined) quotes.push(ranked);
    else refusals.push({ nodeId: ranked.signed.quote.nodeId, code: "QUOTE_INVALID", message: problem });
  }
  return { order, name: manifest.name ?? "deployment", tenant, quotes, refusals };
}

/** What is wrong with a quote, as a sentence. The contract checks most of it again; the open part only we can check. */
async function problemOf(
  context: QuoteContext,
  order: Order,
  { signed }: RankedQuote,
): Promise<string | undefined> {
  const { config, network, tenant } = context;
  const { quote } = signed;
  if (quote.openPartHash !== order.openPartHash) return "The node priced something else than was asked.";
  if (quote.token !== zeroAddress) return "The node wants another token than was asked.";
  if (quote.tenant !== zeroAddress && quote.tenant !== tenant) return "The quote is for another tenant.";
  if (quote.subnetId !== network.subnetId) return "The quote is for another subnet.";
  if (quote.ratePerSecond > priceCeilingPerSecond(order.openPart))
    return "The price is above the manifest's.";
  const operator = await readContract(config, {
    address: network.contracts.nodeRegistry,
    abi: nodeRegistryAbi,
    functionName: "operatorOf",
    args: [quote.nodeId],
  });
  const signer = await recoverQuoteSigner(fizzDomain(network.chainId, network.contracts.leaseMarket), signed);
  return signer === operator ? undefined : "The quote is not signed by the node's operator.";
}
