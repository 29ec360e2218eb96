import { composeLease, type ComposedLease, composeOrder, type Order } from "@fizz/protocol/orders";
import { parseTokens } from "../arguments.ts";
import { chainTime } from "../chain/lease-market.ts";
import { findToken, type Token } from "../chain/tokens.ts";
import { type Context } from "../context.ts";
import { showDuration, showHourly } from "../output/format.ts";
import { printRefusals } from "../output/print-ranking.ts";
import { formatTable } from "../output/table.ts";
import { askQuotes } from "../quotes/ask-quotes.ts";
import { takeRanking, verifyRanking } from "../quotes/verify-ranking.ts";
import { type JudgedQuote, judgeQuotes, noQuotes, type VerifiedQuote } from "./choose-quote.ts";
import { type CheckedManifest } from "./read-manifest.ts";

/** What the tenant wants beside the manifest. */
export interface DealWishes {
  readonly prepaidSeconds: number | undefined;
  /** Whole tokens per hour, decimal. */
  readonly maxPrice: string | undefined;
  readonly nodeId: bigint | undefined;
  /** Time to wait while nobody bids, in seconds. */
  readonly waitSeconds: number | undefined;
}

/** A manifest with the quote that was chosen for it: everything that an order needs. */
export interface Deal {
  readonly order: Order;
  readonly token: Token;
  readonly quote: VerifiedQuote;
  readonly prepaidSeconds: number;
  readonly composed: ComposedLease;
}

/**
 * Asks for quotes, checks and shows them, and binds the manifest to the best one. Nothing is sent to the chain.
 *
 * @throws ProtocolError NO_QUOTES with every refusal; GATEWAY_UNREACHABLE, CHAIN_UNREACHABLE
 */
export async function makeDeal(
  context: Context,
  checked: CheckedManifest,
  wishes: DealWishes,
): Promise<Deal> {
  const chain = await context.chain();
  const order = composeOrder(checked.manifest);
  const token = await findToken(chain, order.openPart.token);
  const prepaidSeconds = wishes.prepaidSeconds ?? order.openPart.durationSeconds;
  context.terminal.done(`Duration: ${showDuration(prepaidSeconds)}`);
  const quote = await findQuote(context, { order, token, prepaidSeconds, wishes });
  const { address: tenant } = await context.wallet();
  const market = chain.contracts.leaseMarket;
  const composed = composeLease({
    order,
    signed: quote.signed,
    tenant,
    chainId: chain.id,
    market,
    prepaidSeconds,
  });
  return { order, token, quote, prepaidSeconds, composed };
}

interface QuoteSearch {
  readonly order: Order;
  readonly token: Token;
  readonly prepaidSeconds: number;
  readonly wishes: DealWishes;
}

async function findQuote(context: Context, search: QuoteSearch): Promise<VerifiedQuote> {
  const { order, token, prepaidSeconds, wishes } = search;
  const { terminal } = context;
  const [chain, network] = [await context.chain(), await context.gatewayNetwork()];
  const { address: tenant } = await context.wallet();
  terminal.step("Waiting for nodes to bid");
  const { nodeId, waitSeconds } = wishes;
  const response = await askQuotes(context, { order, token, tenant, nodeId, waitSeconds });
  const maxPerHour = wishes.maxPrice === undefined ? undefined : parseTokens(wishes.maxPrice, token);
  const { subnetId } = network;
  const { explained, nodes } = await verifyRanking(chain, { order, token, subnetId, response });
  const quotes = takeRanking(terminal, explained);
  const now = await chainTime(chain);
  const limits = { order, token, tenant, subnetId, nodeId, maxPerHour, prepaidSeconds, now, nodes };
  const { chosen, judged } = await judgeQuotes(chain, limits, { ...response, quotes });
  printQuotes(context, token, judged);
  if (chosen === undefined) throw noQuotes(response, judged, order.openPart);
  printRefusals(terminal, response.refusals);
  return chosen;
}

function printQuotes({ terminal }: Context, token: Token, judged: readonly JudgedQuote[]): void {
  if (judged.length === 0) return;
  const rows = judged.map(({ ranked, refusal }) => {
    const { quote } = ranked.signed;
    return [
      `${quote.nodeId}`,
      showHourly(quote.ratePerSecond, token),
      `${ranked.score}`,
      refusal ?? "can be taken",
    ];
  });
  terminal.stderr(formatTable(["NODE", "PRICE", "SCORE", "VERDICT"], rows));
}
