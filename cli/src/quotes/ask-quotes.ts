import { ProtocolError } from "@fizz/protocol/errors";
import { type QuotesRequest, type QuotesResponse } from "@fizz/protocol/messages";
import { type Order } from "@fizz/protocol/orders";
import { type Address, zeroAddress } from "viem";
import { type Token } from "../chain/tokens.ts";
import { type Context } from "../context.ts";
import { showDuration } from "../output/format.ts";
import { pause } from "../pause.ts";

export interface QuoteQuestion {
  readonly order: Pick<Order, "openPart" | "openSalt">;
  readonly token: Token;
  readonly tenant: Address;
  readonly nodeId: bigint | undefined;
  /** Time to wait while nobody bids, in seconds. */
  readonly waitSeconds?: number | undefined;
}

/** Longest wait of one call, in seconds: proxies often cut a connection after a minute of silence. */
const SLICE_SECONDS = 50;
const MS_PER_SECOND = 1_000;
/** Least time between two calls, in milliseconds. */
const MIN_BETWEEN_MS = 1_000;

/** Asks the gateway for bids, again and again while it may wait and nobody bids. @throws ProtocolError GATEWAY_UNREACHABLE, and what the gateway refuses with */
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
  const until = Date.now() + waitSeconds * MS_PER_SECOND;
  for (;;) {
    const left = Math.ceil((until - Date.now()) / MS_PER_SECOND);
    const slice = Math.min(SLICE_SECONDS, left);
    const asked = slice > 0 ? { ...request, waitSeconds: slice } : request;
    const startedAt = Date.now();
    const response = await gateway.quotes(asked, context.signal);
    if (response.quotes.length > 0 || Date.now() >= until) return response;
    // Of a gateway that does not wait by itself.
    await pause(Math.max(0, startedAt + MIN_BETWEEN_MS - Date.now()), context.signal);
    context.terminal.step(`Nobody bids yet: waiting for ${showDuration(Math.max(1, left - slice))} more`);
  }
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
