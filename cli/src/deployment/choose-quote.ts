import { ProtocolError } from "@fizz/protocol/errors";
import {
  type OpenPart,
  packResources,
  priceCeilingPerSecond,
  resourcesOf,
  unpackResources,
} from "@fizz/protocol/manifest";
import { type QuotesResponse, type RankedQuote } from "@fizz/protocol/messages";
import { faultOfTerms, type Order } from "@fizz/protocol/orders";
import { fizzDomain, type Quote, recoverQuotePublicKey } from "@fizz/protocol/typed-data";
import { addressOfPublicKey, peerIdOfPublicKey } from "@fizz/protocol/identity";
import { rate, ratePerHour } from "@fizz/protocol/units";
import { type Address, isAddressEqual, zeroAddress } from "viem";
import { type Chain } from "../chain/chain.ts";
import { type Cuts, cutsOf, type NodeFacts, nodeFactsOf } from "../chain/lease-market.ts";
import { type Token } from "../chain/tokens.ts";
import { showAmount, showDuration, showHourly } from "../output/format.ts";
import { plainLine } from "../output/plain-text.ts";

/** A quote must be valid at least this long, so that the transaction still finds it valid, in seconds. */
const MIN_QUOTE_LIFE_SECONDS = 5;

export interface QuoteWishes {
  readonly order: Pick<Order, "openPart" | "openPartHash">;
  readonly token: Token;
  readonly tenant: Address;
  readonly subnetId: number;
  readonly nodeId: bigint | undefined;
  /** Most token units per hour for the whole lease, beside the prices of the manifest. */
  readonly maxPerHour: bigint | undefined;
  readonly prepaidSeconds: number | undefined;
  readonly now: number;
  /** Of the nodes that bid, where it was read already. */
  readonly nodes?: ReadonlyMap<bigint, NodeFacts>;
}

/** A quote whose every promise was checked against the chain and the manifest. */
export interface VerifiedQuote extends RankedQuote {
  readonly operator: Address;
}

/** A quote as it is shown: usable, or why not. */
export interface JudgedQuote {
  readonly ranked: RankedQuote;
  readonly refusal: string | undefined;
}

/**
 * The best quote that stands every check, and a verdict on each. Nothing that the gateway says is believed: the
 * signature, the price, the terms and the node are held against the manifest and the chain.
 *
 * @throws ProtocolError CHAIN_UNREACHABLE
 */
export async function judgeQuotes(
  chain: Chain,
  wishes: QuoteWishes,
  response: QuotesResponse,
): Promise<{ chosen: VerifiedQuote | undefined; judged: JudgedQuote[] }> {
  const cuts = response.quotes.length === 0 ? undefined : await cutsOf(chain, wishes.subnetId);
  let chosen: VerifiedQuote | undefined;
  const judged: JudgedQuote[] = [];
  for (const ranked of response.quotes) {
    const verdict =
      refusalOf(wishes, ranked.signed.quote) ??
      checkCuts(cuts, ranked.signed.quote) ??
      (await checkSigner(chain, wishes, ranked));
    if (typeof verdict === "string") judged.push({ ranked, refusal: verdict });
    else {
      judged.push({ ranked, refusal: undefined });
      chosen ??= verdict;
    }
  }
  return { chosen, judged };
}

/** The error for when no quote can be used: every refusal in one sentence each. */
export function noQuotes(
  response: QuotesResponse,
  judged: readonly JudgedQuote[],
  openPart: OpenPart,
): ProtocolError {
  const reasons = [
    ...response.refusals.map(
      ({ nodeId, code, message }) => `node ${nodeId}: ${plainLine(message)} [${plainLine(code)}]`,
    ),
    ...judged.flatMap(({ ranked, refusal }) =>
      refusal === undefined ? [] : [`node ${ranked.signed.quote.nodeId}: ${refusal}`],
    ),
  ];
  const why = reasons.length === 0 ? "No node is connected to this gateway." : reasons.join("\n  ");
  const message =
    reasons.length === 0
      ? `No node bid. ${why}`
      : `No node bid that can be taken.\n  ${why}${hintOf(response, openPart)}`;
  return new ProtocolError("NO_QUOTES", message, { details: { refusals: response.refusals } });
}

/** Several services or replicas are one lease of one node: who wants them apart writes several manifests. */
function hintOf({ refusals }: QuotesResponse, openPart: OpenPart): string {
  const replicas = openPart.services.reduce((sum, { count }) => sum + count, 0);
  const isShort = refusals.some(({ code, reasons = [] }) =>
    [code, ...reasons.map((reason) => reason.code)].some((text) => text.startsWith("capacity.")),
  );
  if (replicas < 2 || !isShort) return "";
  return (
    `\n  All ${replicas} replicas of a manifest run on one node, which needs room for them together. ` +
    "Lower count, or write a manifest for each part."
  );
}

type Check = (wishes: QuoteWishes, quote: Quote) => string | undefined;

/** What the quote itself says, in the order in which a person would want to know. */
const checks: readonly Check[] = [
  ({ nodeId }, quote) =>
    nodeId !== undefined && quote.nodeId !== nodeId ? `node ${nodeId} is wanted` : undefined,
  ({ order }, quote) =>
    quote.openPartHash === order.openPartHash ? undefined : "it priced another manifest",
  ({ subnetId }, quote) => (quote.subnetId === subnetId ? undefined : `it is of subnet ${quote.subnetId}`),
  ({ tenant }, quote) =>
    isAddressEqual(quote.tenant, zeroAddress) || isAddressEqual(quote.tenant, tenant)
      ? undefined
      : "it was made for another tenant",
  ({ token }, quote) =>
    isAddressEqual(quote.token, token.address) ? undefined : "it wants to be paid in another token",
  ({ now }, quote) => (quote.expiresAt - now >= MIN_QUOTE_LIFE_SECONDS ? undefined : "it has expired"),
  checkPrice,
  checkResources,
  checkPrepaid,
  (_wishes, quote) => faultOfTerms(quote),
];

function refusalOf(wishes: QuoteWishes, quote: Quote): string | undefined {
  for (const check of checks) {
    const refusal = check(wishes, quote);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function checkPrice({ order, token, maxPerHour }: QuoteWishes, quote: Quote): string | undefined {
  const ceiling = priceCeilingPerSecond(order.openPart, token.decimals);
  const price = showHourly(quote.ratePerSecond, token);
  if (quote.ratePerSecond > ceiling)
    return `it asks ${price}, and the manifest allows ${showHourly(ceiling, token)}`;
  if (maxPerHour === undefined || ratePerHour(rate(quote.ratePerSecond)) <= maxPerHour) return undefined;
  return `it asks ${price}, and --max-price allows ${showAmount(maxPerHour, token)}/h`;
}

/** The reserved resources must be what the manifest needs; the GPU model is the node's when the manifest leaves it open. */
function checkResources({ order }: QuoteWishes, quote: Quote): string | undefined {
  const { gpuModel } = unpackResources(quote.resources);
  const needed = packResources(resourcesOf(order.openPart, gpuModel));
  return needed === quote.resources ? undefined : "it reserves other resources than the manifest needs";
}

function checkPrepaid({ prepaidSeconds }: QuoteWishes, quote: Quote): string | undefined {
  if (prepaidSeconds === undefined) return undefined;
  const { minSeconds, maxSeconds } = quote;
  if (prepaidSeconds >= minSeconds && prepaidSeconds <= maxSeconds) return undefined;
  return `it is prepaid for ${showDuration(minSeconds)} to ${showDuration(maxSeconds)}, not ${showDuration(prepaidSeconds)}`;
}

function checkCuts(cuts: Cuts | undefined, { subnetCutBps, protocolCutBps }: Quote): string | undefined {
  const holds = cuts?.subnetCutBps === subnetCutBps && cuts.protocolCutBps === protocolCutBps;
  return holds ? undefined : "its cuts are not those on chain";
}

async function checkSigner(
  chain: Chain,
  { subnetId, nodes }: QuoteWishes,
  ranked: RankedQuote,
): Promise<VerifiedQuote | string> {
  const { quote } = ranked.signed;
  const facts = nodes?.get(quote.nodeId) ?? (await nodeFactsOf(chain, quote.nodeId, subnetId));
  const domain = fizzDomain(chain.id, chain.contracts.leaseMarket);
  const publicKey = await recoverQuotePublicKey(domain, ranked.signed).catch(() => undefined);
  if (publicKey === undefined || !isAddressEqual(addressOfPublicKey(publicKey), facts.operator))
    return "it is not signed by the node's operator on chain";
  if (facts.status !== "active") return `the node is ${facts.status} on chain`;
  if (!facts.joined) return `the node is not in subnet ${subnetId}`;
  // The peer id that the signature proves, not the one that the gateway names.
  return { ...ranked, operator: facts.operator, peerId: peerIdOfPublicKey(publicKey) };
}
