import { ProtocolError } from "@fizz/protocol/errors";
import { type QuotesResponse } from "@fizz/protocol/messages";
import { composeOrder, type Order } from "@fizz/protocol/orders";
import { type Address, isAddressEqual } from "viem";
import { findToken, type Token, tokenAt } from "../chain/tokens.ts";
import { type Context } from "../context.ts";
import { readManifest } from "../deployment/read-manifest.ts";
import { anyTenant, askQuotes } from "./ask-quotes.ts";
import { verifyRanking, type VerifiedRanking } from "./verify-ranking.ts";

/** A question to a gateway and its answer. */
export interface QuoteRound {
  readonly chainId: number;
  readonly market: Address;
  readonly subnetId: number;
  /** Unix milliseconds. */
  readonly askedAt: number;
  readonly tenant: Address;
  readonly token: Address;
  readonly order: Pick<Order, "openPart" | "openSalt" | "openPartHash">;
  readonly response: QuotesResponse;
}

export interface QuoteWish {
  readonly nodeId: bigint | undefined;
  /** Seconds. */
  readonly waitSeconds?: number | undefined;
}

/** Asks for quotes on a manifest without leasing anything. @throws ProtocolError MANIFEST_INVALID, GATEWAY_UNREACHABLE */
export async function askForManifest(context: Context, file: string, wish: QuoteWish): Promise<QuoteRound> {
  const { manifest } = await readManifest(context.terminal, file);
  const chain = await context.chain();
  const { subnetId } = await context.gatewayNetwork();
  const order = composeOrder(manifest);
  const token = await findToken(chain, order.openPart.token);
  const tenant = await anyTenant(context);
  const askedAt = Date.now();
  context.terminal.step("Waiting for nodes to bid");
  const response = await askQuotes(context, { ...wish, order, token, tenant });
  const { openPart, openSalt, openPartHash } = order;
  const where = { chainId: chain.id, market: chain.contracts.leaseMarket, subnetId };
  return {
    ...where,
    askedAt,
    tenant,
    token: token.address,
    order: { openPart, openSalt, openPartHash },
    response,
  };
}

/**
 * Computes the ranking again, against the chain of the settings.
 *
 * @throws ProtocolError CHAIN_MISMATCH when the quotes are of another chain or market; CHAIN_UNREACHABLE
 */
export async function verifyRound(
  context: Context,
  round: QuoteRound,
): Promise<VerifiedRanking & { readonly token: Token }> {
  const chain = await context.chain();
  const { leaseMarket } = chain.contracts;
  if (round.chainId !== chain.id || !isAddressEqual(round.market, leaseMarket)) {
    const message = `The quotes are of chain ${round.chainId} and market ${round.market}, the settings name ${chain.id} and ${leaseMarket}.`;
    throw new ProtocolError("CHAIN_MISMATCH", message);
  }
  const token = await tokenAt(chain, round.token);
  const { order, subnetId, response } = round;
  return { token, ...(await verifyRanking(chain, { order, token, subnetId, response })) };
}
