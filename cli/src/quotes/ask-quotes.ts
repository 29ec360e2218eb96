import { ProtocolError } from "@fizz/protocol/errors";
import { waitForBid } from "@fizz/protocol/gateway-api";
import { type QuotesRequest, type QuotesResponse } from "@fizz/protocol/messages";
import { type Order } from "@fizz/protocol/orders";
import { type Address, zeroAddress } from "viem";
import { type Token } from "../chain/tokens.ts";
import { type Context } from "../context.ts";
import { showDuration } from "../output/format.ts";

export interface QuoteQuestion {
  readonly order: Pick<Order, "openPart" | "openSalt">;
  readonly token: Token;
  readonly tenant: Address;
  readonly nodeId: bigint | undefined;
  /** Time to wait while nobody bids, in seconds. */
  readonly waitSeconds?: number | undefined;
}

/** Asks the gateway for bids, again and again while it may wait and nobody bids; a restart of the gateway ends no wait. @throws ProtocolError GATEWAY_UNREACHABLE, and what the gateway refuses with */
export async function askQuotes(context: Context, question: QuoteQuestion): Promise<QuotesResponse> {
  const { order, token, tenant, nodeId, waitSeconds = 0 } = question;
  const gateway = await context.gateway();
  const { openPart, openSalt } = order;
  const request: QuotesRequest = {
    openPart: { ...openPart },
    openSalt,
    tenant,
    token: token.address,
    ...(nodeId === undefined ? {} : { nodeId }),
  };
  return await waitForBid(gateway, request, {
    waitSeconds,
    signal: context.signal,
    onAgain: (left, failure) => {
      const why = failure === undefined ? "Nobody bids yet" : `No answer (${failure.code})`;
      context.terminal.step(`${why}: waiting for ${showDuration(left)} more`);
    },
  });
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
