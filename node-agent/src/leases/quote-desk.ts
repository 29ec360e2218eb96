import { errorToWire, ProtocolError } from "@fizz/protocol/errors";
import {
  hashOpenPart,
  type OpenPart,
  openPartSchema,
  packResources,
  requireValidOrder,
  resourcesOf,
  type ResourceVector,
  unpackResources,
} from "@fizz/protocol/manifest";
import {
  type DiskMethod,
  fromWire,
  type Machine,
  type Offer,
  type PriceList,
  type QuoteRequest,
} from "@fizz/protocol/messages";
import { reason, type Reason } from "@fizz/protocol/scores";
import { type SealingKeyPair } from "@fizz/protocol/sealing";
import { type Quote, type SignedQuote } from "@fizz/protocol/typed-data";
import { type Rate, rate, rateFromHourly } from "@fizz/protocol/units";
import { bytesToBigInt } from "viem";
import {
  type NodeOffer,
  type OrderToAdmit,
  refusalOf,
  type Refused,
  refusedWith,
} from "../domain/admit-order.ts";
import { withCards } from "../domain/gpu-card.ts";
import { freeOf, workingOf } from "../domain/resources.ts";
import { type GpuStock } from "../gpu-ports.ts";
import { type Pricing, type QuoteCounter, type QuoteGate } from "../owner-ports.ts";
import {
  type Chain,
  type Clock,
  type LeaseStore,
  type NodeRecord,
  type Quoting,
  type Signer,
} from "../ports.ts";

/** Life of a quote, in seconds. */
const QUOTE_SECONDS = 60;
/** Paid to the node when a tenant lets a lease lapse unstarted, in seconds of its rate. */
const RESERVATION_SECONDS = 60;
/** Least and most time that may be prepaid, in seconds. */
const MIN_PREPAID_SECONDS = 60;
const MAX_PREPAID_SECONDS = 365 * 24 * 3_600;
/** A sealing key outlives its quote's start window by this time, in milliseconds. */
const KEY_MARGIN_MS = 3_600_000;
const NONCE_BYTES = 16;

export interface QuoteDeskComponents {
  readonly chain: Chain;
  readonly store: LeaseStore;
  readonly signer: Signer;
  readonly clock: Clock;
  /** The subnet of the present session with the gateway. */
  readonly subnetId: () => number | undefined;
  /** Leases that the node serves now. */
  readonly leases: () => number;
  /** What the GPUs are now; undefined where the node registered none. */
  readonly gpus?: () => GpuStock | undefined;
  readonly makeSealingKey: () => Promise<SealingKeyPair>;
  /** What else may keep the node from an order. */
  readonly gates: readonly QuoteGate[];
  readonly counter: QuoteCounter;
  readonly pricing: Pricing;
  /** When the owner needs the machine, as the offer tells it; undefined where he never does. */
  readonly busy: () => Offer["busy"];
}

export interface QuoteDeskInit {
  readonly prices: PriceList;
  readonly tokenDecimals: number;
  readonly machine: Machine;
  readonly maxLeases: number;
  readonly startWindowSeconds: number;
  readonly noticeSeconds: number;
  /** As the offer tells it; left out where it does not. */
  readonly diskMethod?: DiskMethod;
  /** What of the registered resources the owner lends now; left out where it is all of them. */
  readonly cap?: ((registered: ResourceVector) => ResourceVector) | undefined;
}

interface Priced {
  readonly wanted: ResourceVector;
  readonly ratePerSecond: Rate;
}

/** Prices orders and signs what the node is ready to do. A quote reserves nothing: the chain does, when it is taken. */
export class QuoteDesk implements Quoting {
  readonly #components: QuoteDeskComponents;
  readonly #init: QuoteDeskInit;

  constructor(components: QuoteDeskComponents, init: QuoteDeskInit) {
    this.#components = components;
    this.#init = init;
  }

  async offer(): Promise<Offer> {
    const node = await this.#requireNode();
    const busy = this.#components.busy();
    return {
      ...(busy === undefined ? {} : { busy }),
      ...(this.#init.diskMethod === undefined ? {} : { disk: this.#init.diskMethod }),
      total: node.resources,
      free: packResources(freeOf(this.#workingOf(node), unpackResources(node.used))),
      leases: this.#components.leases(),
      maxLeases: this.#init.maxLeases,
      acceptsOrders: this.#closedFor(node, { durationSeconds: 1, isUpdate: false }).length === 0,
      prices: this.#init.prices,
      machine: this.#machine(),
    };
  }

  /** @throws ProtocolError INPUT_INVALID, MANIFEST_INVALID, NODE_FULL, NODE_REFUSED, CHAIN_UNREACHABLE */
  async quote(request: QuoteRequest): Promise<SignedQuote> {
    const { clock, counter } = this.#components;
    try {
      const signed = await this.#quote(request);
      counter.quoted(clock.now());
      return signed;
    } catch (error) {
      counter.refused(clock.now(), refusedFor(error));
      throw error;
    }
  }

  async #quote(request: QuoteRequest): Promise<SignedQuote> {
    const openPart = fromWire(openPartSchema, request.openPart);
    requireValidOrder(openPart);
    const node = await this.#requireNode();
    const { wanted, ratePerSecond } = await this.#admit(request, openPart, node);
    const { sealingKey, nonce } = await this.#newKey();
    const quote: Quote = {
      ...(await this.#terms()),
      nodeId: node.nodeId,
      tenant: request.tenant,
      token: request.token,
      ratePerSecond,
      resources: packResources(wanted),
      openPartHash: hashOpenPart(openPart, request.openSalt),
      sealingKey,
      nonce,
    };
    return await this.#components.signer.signQuote(quote);
  }

  async #admit(request: QuoteRequest, openPart: OpenPart, node: NodeRecord): Promise<Priced> {
    const { prices, tokenDecimals, maxLeases } = this.#init;
    const wanted = resourcesOf(openPart, unpackResources(node.resources).gpuModel);
    const isUpdate = request.leaseHash !== undefined;
    const offer: NodeOffer = {
      ...this.#init,
      ...node,
      machine: this.#machine(),
      token: prices.token,
      tokenDecimals,
      free: await this.#freeFor(request, node),
      leases: this.#components.leases(),
      closed: this.#closedFor(node, { durationSeconds: openPart.durationSeconds, isUpdate }),
    };
    const order = { openPart, token: request.token, wanted, isUpdate };
    // Only what fits is worth a run of the owner's script.
    requireAdmitted({ ...order, ratePerSecond: rate(0n) }, offer);
    const { free, leases } = offer;
    const { tenant } = request;
    const answer = await this.#components.pricing.price({ ...order, tenant, free, leases, maxLeases });
    if (answer.type === "declined") throw new Refusal(refusedWith([answer.reason]));
    const ratePerSecond = rateFromHourly(answer.perHour);
    requireAdmitted({ ...order, ratePerSecond }, offer);
    return { wanted, ratePerSecond };
  }

  #closedFor({ status }: NodeRecord, order: Parameters<QuoteGate>[0]): Reason[] {
    const { gates } = this.#components;
    return [
      ...(status === "active" ? [] : [reason("node.inactive", `the node is ${status}`)]),
      ...gates.flatMap((gate) => gate(order) ?? []),
    ];
  }

  /** An update may use what its lease holds already. */
  async #freeFor({ leaseHash }: QuoteRequest, node: NodeRecord): Promise<ResourceVector> {
    const { chain, store } = this.#components;
    const total = this.#workingOf(node);
    const used = unpackResources(node.used);
    if (leaseHash === undefined) return freeOf(total, used);
    const lid = store.find(leaseHash)?.lid;
    const lease = lid === undefined ? undefined : await chain.lease(lid);
    if (lease?.leaseHash !== leaseHash)
      throw new ProtocolError("LEASE_NOT_FOUND", "This node does not serve that lease.");
    return freeOf(total, freeOf(used, unpackResources(lease.resources)));
  }

  /** GPUs that do not answer are not offered, and nothing above the owner's share. */
  #workingOf(node: NodeRecord): ResourceVector {
    const registered = unpackResources(node.resources);
    const lent = this.#init.cap?.(registered) ?? registered;
    return workingOf(lent, this.#components.gpus?.()?.count);
  }

  #machine(): Machine {
    return withCards(this.#init.machine, this.#components.gpus?.()?.facts);
  }

  async #terms() {
    const { chain, clock, subnetId: present } = this.#components;
    const subnetId = present();
    if (subnetId === undefined)
      throw new ProtocolError("GATEWAY_UNREACHABLE", "The node is not connected to its gateway.");
    const { subnetCutBps, protocolCutBps } = await chain.cuts(subnetId);
    return {
      subnetId,
      subnetCutBps,
      protocolCutBps,
      startWindowSeconds: this.#init.startWindowSeconds,
      noticeSeconds: this.#init.noticeSeconds,
      minSeconds: MIN_PREPAID_SECONDS,
      maxSeconds: MAX_PREPAID_SECONDS,
      reservationSeconds: RESERVATION_SECONDS,
      expiresAt: Math.floor(clock.now() / 1_000) + QUOTE_SECONDS,
    };
  }

  /** A fresh key for each quote, kept until no lease can come of it any more. */
  async #newKey(): Promise<{ sealingKey: SealingKeyPair["publicKey"]; nonce: bigint }> {
    const { clock, store, makeSealingKey } = this.#components;
    const pair = await makeSealingKey();
    const nonce = bytesToBigInt(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
    const lifeMs = (QUOTE_SECONDS + this.#init.startWindowSeconds) * 1_000;
    const keepUntil = clock.now() + lifeMs + KEY_MARGIN_MS;
    await store.saveQuoteKey({ nonce, privateKey: pair.privateKey, keepUntil });
    return { sealingKey: pair.publicKey, nonce };
  }

  async #requireNode(): Promise<NodeRecord> {
    const node = await this.#components.chain.node();
    if (node === undefined) throw new ProtocolError("NODE_REFUSED", "The node is not registered any more.");
    return node;
  }
}

function requireAdmitted(order: OrderToAdmit, offer: NodeOffer): void {
  const refused = refusalOf(order, offer);
  if (refused !== undefined) throw new Refusal(refused);
}

/** For the owner: why a quote was not sent. */
function refusedFor(error: unknown): Parameters<QuoteCounter["refused"]>[1] {
  if (error instanceof Refusal) return error.refused.reasons;
  const { code, message } = errorToWire(error);
  return [{ code, message }];
}

/** The node does not take an order. */
class Refusal extends ProtocolError {
  readonly refused: Refused;

  constructor(refused: Refused) {
    const { code, message, reason: first, reasons } = refused;
    super(code, message, { details: { reason: first, reasons } });
    this.refused = refused;
  }
}
