import { ProtocolError } from "@fizz/protocol/errors";
import {
  hashOpenPart,
  type OpenPart,
  openPartSchema,
  packResources,
  priceCeilingPerSecond,
  requireValidOrder,
  resourcesOf,
  type ResourceVector,
  unpackResources,
} from "@fizz/protocol/manifest";
import { fromWire, type QuotesRequest, type QuotesResponse, type Refusal } from "@fizz/protocol/messages";
import { findPriceMisfit, reason } from "@fizz/protocol/scores";
import { fizzDomain, type SignedQuote } from "@fizz/protocol/typed-data";
import { type Address, type Hex } from "viem";
import { faultOfQuote } from "../domain/quote-check.ts";
import { askingOrder, type Bid, rankBids } from "../domain/ranking.ts";
import { refusalOf, refusalOfError } from "../domain/refusals.ts";
import { type ScreenedOrder, type ScreeningGateway, screenOf } from "../domain/screening.ts";
import {
  type Chain,
  type Clock,
  type DoorRouter,
  type Logger,
  type NodeCalls,
  type NodeView,
} from "../ports.ts";
import { type NodeDirectory } from "./node-directory.ts";
import { type Answer, type RoundLimits, runRound } from "./quote-round.ts";
import { QuoteSigners } from "./quote-signers.ts";

/** See docs/LIMITS.md. */
const ROUND_LIMITS: RoundLimits = {
  ...{ askedAtOnce: 256, openAtOnce: 1_024, enoughBids: 8 },
  ...{ hedgeMs: 250, patienceMs: 1_000, dueMs: 1_400, roundMs: 4_000 },
};
/** Refusals listed in one answer. */
const MAX_REFUSALS = 1_000;

export interface QuoteDeskComponents {
  readonly chain: Chain;
  readonly nodes: NodeDirectory;
  readonly calls: Pick<NodeCalls, "quote">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Public ports that are left. */
  readonly freeDoors: () => number;
  readonly router: Pick<DoorRouter, "serves" | "isReserved">;
}

export interface QuoteDeskInit {
  readonly market: Address;
  /** Of this gateway. */
  readonly operator: Address;
  readonly limits?: Partial<RoundLimits>;
}

interface Order extends ScreenedOrder {
  readonly request: QuotesRequest;
  readonly openPart: OpenPart;
  readonly openPartHash: Hex;
  readonly ceilingPerSecond: bigint;
  readonly decimals: number;
  /** What it reserves on a node. */
  readonly wantedOn: (node: NodeView) => ResourceVector;
  readonly gateway: ScreeningGateway;
}

/** Asks the eligible nodes for bids, checks them, and ranks them. */
export class QuoteDesk {
  readonly #components: QuoteDeskComponents;
  readonly #init: QuoteDeskInit;
  readonly #limits: RoundLimits;
  #signers: { readonly chainId: number; readonly book: QuoteSigners } | undefined;

  constructor(components: QuoteDeskComponents, init: QuoteDeskInit) {
    this.#components = components;
    this.#init = init;
    this.#limits = { ...ROUND_LIMITS, ...init.limits };
  }

  /** @throws ProtocolError INPUT_INVALID, MANIFEST_INVALID, NODE_UNKNOWN, CHAIN_UNREACHABLE, IDENTITY_UNKNOWN */
  async quotes(request: QuotesRequest, signal: AbortSignal): Promise<QuotesResponse> {
    const order = await this.#readOrder(request);
    const { nodes } = this.#components;
    const candidates = request.nodeId === undefined ? nodes.views() : [nodes.require(request.nodeId)];
    const { eligible, refusals } = this.#screen(candidates, order);
    const answers = await runRound({
      nodes: askingOrder(eligible, order.wantedOn, order),
      limits: this.#limits,
      ask: (node, within) => this.#ask(node, order, within),
      signal,
    });
    const bids: Bid[] = [];
    for (const answer of answers) {
      if (answer.type === "bid") bids.push(answer.bid);
      else if (refusals.length < MAX_REFUSALS) refusals.push(answer.refusal);
    }
    const { openPartHash, ceilingPerSecond } = order;
    return {
      quotes: rankBids(bids, order),
      refusals,
      order: { openPartHash, ceilingPerSecond },
      round: { eligible: eligible.length, asked: answers.length },
    };
  }

  #screen(candidates: readonly NodeView[], order: Order): { eligible: NodeView[]; refusals: Refusal[] } {
    const screen = screenOf(order, order.gateway);
    const refusals: Refusal[] = [];
    const eligible = candidates.filter((node) => {
      const [first, ...more] = screen(node);
      if (first === undefined) return true;
      if (refusals.length < MAX_REFUSALS) refusals.push(refusalOf(node.facts.nodeId, [first, ...more]));
      return false;
    });
    return { eligible, refusals };
  }

  async #readOrder(request: QuotesRequest): Promise<Order> {
    const { chain, freeDoors, router } = this.#components;
    const openPart = fromWire(openPartSchema, request.openPart);
    requireValidOrder(openPart);
    const gateway = await chain.identity();
    if (!gateway.subnetActive)
      throw new ProtocolError("NODE_REFUSED", "This subnet is closed: no new leases are made through it.");
    const decimals = await chain.tokenDecimals(request.token);
    return {
      request,
      openPart,
      wantedOn: wantedOf(openPart),
      openPartHash: hashOpenPart(openPart, request.openSalt),
      ceilingPerSecond: priceCeilingPerSecond(openPart, decimals),
      decimals,
      gateway: { ...gateway, operator: this.#init.operator },
      token: request.token,
      isUpdate: request.leaseHash !== undefined,
      freeDoors: freeDoors(),
      router,
    };
  }

  async #ask(node: NodeView, order: Order, signal: AbortSignal): Promise<Answer> {
    const { nodeId } = node.facts;
    const { openPart, openSalt, tenant, token, leaseHash } = order.request;
    const request = { openPart, openSalt, tenant, token, ...(leaseHash === undefined ? {} : { leaseHash }) };
    try {
      const signed = await this.#components.calls.quote(nodeId, request, signal);
      return this.#check(node, order, signed);
    } catch (error) {
      this.#components.logger.debug({ event: "quote.failed", nodeId, error }, "A node did not bid.");
      return { type: "refusal", refusal: refusalOfError(nodeId, error) };
    }
  }

  #check(node: NodeView, order: Order, signed: SignedQuote): Answer {
    const { nodeId, operator } = node.facts;
    const { request, gateway, openPartHash, ceilingPerSecond } = order;
    const wanted = order.wantedOn(node);
    const fault = faultOfQuote(signed.quote, {
      nodeId,
      gateway,
      tenant: request.tenant,
      token: request.token,
      openPartHash,
      resources: packResources(wanted),
      now: Math.floor(this.#components.clock() / 1_000),
    });
    const isSigned = fault === undefined && this.#signersOn(gateway.chainId).isSignedBy(signed, operator);
    if (!isSigned) {
      const message = `the node's quote is not used: ${fault ?? "it is not signed by the node's operator"}`;
      return { type: "refusal", refusal: refusalOf(nodeId, [reason("node.bad_answer", message)]) };
    }
    const [dear] = findPriceMisfit(signed.quote.ratePerSecond, ceilingPerSecond, order.decimals);
    if (dear !== undefined) return { type: "refusal", refusal: refusalOf(nodeId, [dear]) };
    return { type: "bid", bid: { signed, node, wanted } };
  }

  #signersOn(chainId: number): QuoteSigners {
    if (this.#signers?.chainId !== chainId)
      this.#signers = { chainId, book: new QuoteSigners(fizzDomain(chainId, this.#init.market)) };
    return this.#signers.book;
  }
}

/** Computed once for each GPU model: nodes differ in nothing else. */
function wantedOf(openPart: OpenPart): Order["wantedOn"] {
  const byModel = new Map<number, ResourceVector>();
  return ({ facts }) => {
    const { gpuModel } = unpackResources(facts.total);
    const wanted = byModel.get(gpuModel) ?? resourcesOf(openPart, gpuModel);
    byModel.set(gpuModel, wanted);
    return wanted;
  };
}
