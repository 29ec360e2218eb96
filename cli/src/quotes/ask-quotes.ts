import { ProtocolError } from "@fizz/protocol/errors";
import { type QuotesRequest, type QuotesResponse } from "@fizz/protocol/messages";
import { type Order } from "@fizz/protocol/orders";
import { type Address, zeroAddress } from "viem";
import { type Token } from "../chain/tokens.ts";
import { type Context } from "../context.ts";

export interface QuoteQuestion {
  readonly order: Pick<Order, "openPart" | "openSalt">;
  readonly token: Token;
  readonly tenant: Address;
  readonly nodeId: bigint | undefined;
}

/** Asks the gateway for bids. @throws ProtocolError GATEWAY_UNREACHABLE, and what the gateway refuses with */
export async function askQuotes(context: Context, question: QuoteQuestion): Promise<QuotesResponse> {
  const { order, token, tenant, nodeId } = question;
  const gateway = await context.gateway();
  const { openPart, openSalt } = order;
  const request: QuotesRequest = {
    openPart: { ...openPart },
    openSalt,
    tenant,
    token: token.address,
    ...(nodeId === undefined ? {} : { nodeId }),
  };
  return await gateway.quotes(request, context.signal);
}

/** The wallet's address; without a wallet the quotes are for anybody. */
export async function anyTenant(context: Context): Promise<Address> {
  try {
    return (await context.wallet()).address;
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "WALLET_MISSING") return zeroAddress;
    throw error;
  }
}
