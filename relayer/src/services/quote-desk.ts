import { ProtocolError } from "@fizz/protocol/errors";
import {
  hashOpenPart,
  type OpenPart,
  openPartSchema,
  packResources,
  priceCeilingPerSecond,
  requireValidOrder,
} from "@fizz/protocol/manifest";
import { fromWire, type QuotesRequest, type QuotesResponse, type Refusal } from "@fizz/protocol/messages";
import { findPriceMisfit, reason } from "@fizz/protocol/scores";
import { fizzDomain, recoverQuoteSigner, type SignedQuote } from "@fizz/protocol/typed-data";
import { type Address, type Hex } from "viem";
import { faultOfQuote } from "../domain/quote-check.ts";
import { type Bid, rankBids } from "../domain/ranking.ts";
import { refusalOf, refusalOfError } from "../domain/refusals.ts";
import { resourcesOn, type ScreenedOrder, type ScreeningGateway, screenNode } from "../domain/screening.ts";
import {
  type Chain,
  type Clock,
  type DoorRouter,
  type Logger,
  type NodeCalls,
  type NodeView,
} from "../ports.ts";
import { type NodeDirectory } from "./node-directory.ts";

/** Time for a node to bid. */
const QUOTE_TIMEOUT_MS = 5_000;
/** Nodes asked for one order; those with the shortest round trip when more are eligible. */
const MAX_ASKED_NODES = 256;
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
  readonly quoteTimeoutMs?: number;
}

interface Order extends ScreenedOrder {
  readonly request: QuotesRequest;
  readonly openPart: OpenPart;
  readonly openPartHash: Hex;
  readonly ceilingPerSecond: bigint;
  readonly decimals: number;
  readonly gateway: ScreeningGateway;
}

type Answer =
  { readonly type: "bid"; readonly bid: Bid } | { readonly type: "refusal"; readonly refusal: Refusal };

/** Asks the eligible nodes for bids, checks them, and ranks them. */
export class QuoteDesk {
  readonly #components: QuoteDeskComponents;
  readonly #market: Address;
  readonly #operator: Address;
  readonly #quoteTimeoutMs: number;

  constructor(components: QuoteDeskComponents, init: QuoteDeskInit) {
    this.#components = components;
    this.#market = init.market;
    this.#operator = init.operator;
    this.#quoteTimeoutMs = init.quoteTimeoutMs ?? QUOTE_TIMEOUT_MS;
  }

  /** @throws ProtocolError INPUT_INVALID, MANIFEST_INVALID, NODE_UNKNOWN, CHAIN_UNREACHABLE, IDENTITY_UNKNOWN */
  async quotes(request: QuotesRequest, signal: AbortSignal): Promise<QuotesResponse> {
    const order = await this.#readOrder(request);
    const { nodes } = this.#components;
    const candidates = request.nodeId === undefined ? nodes.views() : [nodes.require(request.nodeId)];
    const refusals: Refusal[] = [];
    const eligible = candidates.filter((node) => {
      const [first, ...more] = screenNode(node, order, order.gateway);
      if (first === undefined) return true;
      if (refusals.length < MAX_REFUSALS) refusals.push(refusalOf(node.facts.nodeId, [first, ...more]));
      return false;
    });
    const asked = eligible
      .toSorted((a, b) => (a.latencyMs ?? Infinity) - (b.latencyMs ?? Infinity))
      .slice(0, MAX_ASKED_NODES);
    const answers = await Promise.all(asked.map((node) => this.#ask(node, order, signal)));
    const bids: Bid[] = [];
    for (const answer of answers) {
      if (answer.type === "bid") bids.push(answer.bid);
      else refusals.push(answer.refusal);
    }
    return { quotes: rankBids(bids, order), refusals: refusals.slice(0, MAX_REFUSALS) };
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
      openPartHash: hashOpenPart(openPart, request.openSalt),
      ceilingPerSecond: priceCeilingPerSecond(openPart, decimals),
      decimals,
      gateway: { ...gateway, operator: this.#operator },
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
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(this.#quoteTimeoutMs)]);
      const signed = await this.#components.calls.quote(nodeId, request, timeout);
      return await this.#check(node, order, signed);
    } catch (error) {
      this.#components.logger.debug({ event: "quote.failed", nodeId, error }, "A node did not bid.");
      return { type: "refusal", refusal: refusalOfError(nodeId, error) };
    }
  }

  async #check(node: NodeView, order: Order, signed: SignedQuote): Promise<Answer> {
    const { nodeId, operator } = node.facts;
    const { request, gateway, openPartHash, ceilingPerSecond } = order;
    const wanted = resourcesOn(order.openPart, node);
    const fault = faultOfQuote(signed.quote, {
      nodeId,
      gateway,
      tenant: request.tenant,
      token: request.token,
      openPartHash,
      resources: packResources(wanted),
      now: Math.floor(this.#components.clock() / 1_000),
    });
    const signer = await recoverQuoteSigner(fizzDomain(gateway.chainId, this.#market), signed);
    const isSigned = signer.toLowerCase() === operator.toLowerCase();
    if (fault !== undefined || !isSigned) {
      const message = `the node's quote is not used: ${fault ?? "it is not signed by the node's operator"}`;
      return { type: "refusal", refusal: refusalOf(nodeId, [reason("node.bad_answer", message)]) };
    }
    const [dear] = findPriceMisfit(signed.quote.ratePerSecond, ceilingPerSecond, order.decimals);
    if (dear !== undefined) return { type: "refusal", refusal: refusalOf(nodeId, [dear]) };
    return { type: "bid", bid: { signed, node, wanted } };
  }
}
