import { ProtocolError } from "@fizz/protocol/errors";
import { MAX_WAITING_REQUESTS, type RelayedRequest, type SignerQueue } from "@fizz/protocol/messages";
import {
  forwardRequestId,
  recoverForwardRequestSigner,
  type SignedForwardRequest,
} from "@fizz/protocol/typed-data";
import { type Address, type Hex, size } from "viem";
import { executeGas } from "../domain/request-fees.ts";
import {
  type CallFacts,
  type Fault,
  faultOfNonce,
  faultOfQuota,
  faultOfShape,
  faultOfTime,
  isCanonicalSignature,
  judgeCall,
  nextNonce,
  QUOTA_WINDOW_MS,
  type RelayedCall,
  type RelayPolicy,
  type SignerKind,
} from "../domain/request-rules.ts";
import { type WalletLimit } from "../domain/wallet-limit.ts";
import { type Chain, type Clock, type Logger } from "../ports.ts";
import {
  type KeptRequest,
  type RelayChain,
  type RelayMeter,
  type RequestBackend,
  type RequestStore,
} from "../request-ports.ts";

/** Requests that wait, of all signers. */
const MAX_LIVE_REQUESTS = 1_000;
/** Calls that wait for their turn to be judged. */
const MAX_PENDING_CALLS = 64;
const MS_PER_SECOND = 1_000;

export interface RequestDeskComponents {
  readonly chain: Pick<Chain, "identity" | "findNode" | "findLease">;
  readonly relay: RelayChain;
  readonly store: RequestStore;
  readonly clock: Clock;
  readonly meter: RelayMeter;
  readonly logger: Logger;
  readonly wallets: Pick<WalletLimit, "take">;
  /** @throws ProtocolError GATEWAY_DRAINING */
  readonly requireServing: () => void;
  /** There is a new one to send. */
  readonly onAccepted: () => void;
}

export interface DeskPolicy extends RelayPolicy {
  /** Wei below which the key takes nothing new. */
  readonly minBalance: bigint;
}

/** Takes calls that others sign, when the gateway's rules and the chain let it pay for them. */
export class RequestDesk implements RequestBackend {
  readonly #components: RequestDeskComponents;
  #policy: DeskPolicy;
  /** Quotas and nonces are judged for one request after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #pending = 0;

  constructor(components: RequestDeskComponents, policy: DeskPolicy) {
    this.#components = components;
    this.#policy = policy;
  }

  setPolicy(policy: DeskPolicy): void {
    this.#policy = policy;
  }

  async relay(signed: SignedForwardRequest): Promise<RelayedRequest> {
    const { meter } = this.#components;
    try {
      const fault = faultOfShape(signed.request, this.#policy.maxGas);
      if (fault !== undefined) throw errorOf(fault);
      const id = await this.#requireSignature(signed);
      const known = await this.#components.store.findRequest(id);
      if (known !== undefined) return viewOf(known);
      this.#components.requireServing();
      // Its signature is its signer's: what comes now costs calls of the chain.
      this.#components.wallets.take(signed.request.from, id);
      // Before the turn: who is not paid for keeps nobody waiting.
      const kind = await this.#judge(signed);
      return viewOf(await this.#inTurn(() => this.#accept({ id, kind, signed })));
    } catch (error) {
      if (error instanceof ProtocolError) meter.relayRefused(error.code);
      throw error;
    }
  }

  async find(id: Hex): Promise<RelayedRequest> {
    const known = await this.#components.store.findRequest(id);
    if (known === undefined)
      throw new ProtocolError("REQUEST_NOT_FOUND", `This gateway has no request ${id}.`);
    return viewOf(known);
  }

  async queueOf(signer: Address): Promise<SignerQueue> {
    const live = await this.#components.store.liveOf(signer);
    const executed = await this.#components.relay.signerNonce(signer);
    const requests = live.slice(0, MAX_WAITING_REQUESTS).map(viewOf);
    return { signer, nextNonce: nextNonce(executed, live.map(nonceOf)), requests };
  }

  /** @returns The request's id. */
  async #requireSignature(signed: SignedForwardRequest): Promise<Hex> {
    const domain = await this.#components.relay.domain();
    const signer = isCanonicalSignature(signed.signature)
      ? await recoverForwardRequestSigner(domain, signed).catch(() => undefined)
      : undefined;
    if (signer === signed.request.from) return forwardRequestId(domain, signed.request);
    const message = `The request is not signed by ${signed.request.from} for the forwarder ${domain.verifyingContract}.`;
    throw new ProtocolError("REQUEST_INVALID", message);
  }

  async #accept({ id, kind, signed }: Pick<KeptRequest, "id" | "kind" | "signed">): Promise<KeptRequest> {
    const { relay, store, clock, logger, meter } = this.#components;
    // The same one may have come twice at once.
    const known = await store.findRequest(id);
    if (known !== undefined) return known;
    const gas = gasOf(signed);
    const executed = await this.#requireOrder(signed);
    await this.#requireQuota(signed.request.from, gas);
    await this.#requireBalance(gas);
    // One that waits for another of its signer is run as the forwarder would, without its check of the nonce.
    const isNext = executed === signed.request.nonce;
    const refusal = await relay.simulate(signed, isNext ? gas : undefined);
    if (refusal !== undefined) throw new ProtocolError(refusal.code, refusal.message);
    const kept: KeptRequest = {
      ...{ id, kind, signed, gas, state: "queued", receivedAt: clock() },
      ...{ txHash: null, block: null, code: null, reason: null },
    };
    await store.addRequest(kept);
    meter.relayed("accepted");
    const fields = { event: "request.accepted", id, kind, signer: signed.request.from };
    logger.info(fields, "A request is taken.");
    this.#components.onAccepted();
    return kept;
  }

  async #judge(signed: SignedForwardRequest): Promise<SignerKind> {
    const { chain, relay, clock } = this.#components;
    const signer = signed.request.from;
    const call = relay.readCall(signed);
    const [{ subnetId }, node, lease, head] = await Promise.all([
      chain.identity(),
      chain.findNode(signer),
      this.#leaseOf(call),
      relay.head(),
    ]);
    const facts: CallFacts = { call, signer, subnetId, node, lease };
    const verdict = judgeCall(facts, this.#policy);
    if (!verdict.allowed) throw errorOf(verdict.fault);
    // A chain that makes no blocks does not stop the clock of its next one.
    const now = Math.max(head.time, Math.floor(clock() / MS_PER_SECOND));
    const late = faultOfTime(signed.request, now);
    if (late !== undefined) throw errorOf(late);
    return verdict.kind;
  }

  async #leaseOf(call: RelayedCall | undefined): Promise<CallFacts["lease"]> {
    const lid = call?.contract === "leaseMarket" ? call.args[0] : undefined;
    return typeof lid === "bigint" ? await this.#components.chain.findLease(lid, "head") : undefined;
  }

  /** @returns What the forwarder has executed of this signer. */
  async #requireOrder({ request: { from, nonce } }: SignedForwardRequest): Promise<bigint> {
    const { relay, store } = this.#components;
    const live = await store.liveOf(from);
    const executed = await relay.signerNonce(from);
    const fault = faultOfNonce(nonce, nextNonce(executed, live.map(nonceOf)));
    if (fault !== undefined) throw errorOf(fault);
    if (live.length >= MAX_WAITING_REQUESTS)
      throw new ProtocolError("LIMIT_REACHED", `${MAX_WAITING_REQUESTS} requests of this signer wait.`);
    return executed;
  }

  async #requireQuota(signer: Address, gas: bigint): Promise<void> {
    const { store, clock } = this.#components;
    const { perSigner, total } = this.#policy;
    const since = clock() - QUOTA_WINDOW_MS;
    const [mine, all, live] = await Promise.all([
      store.usage(since, signer),
      store.usage(since),
      store.countLive(),
    ]);
    const fault =
      faultOfQuota("signer", { used: mine, gas }, perSigner) ??
      faultOfQuota("gateway", { used: all, gas }, total);
    if (fault !== undefined) throw errorOf(fault);
    if (live >= MAX_LIVE_REQUESTS)
      throw new ProtocolError("LIMIT_REACHED", "The gateway has as many requests as it takes.");
  }

  async #requireBalance(gas: bigint): Promise<void> {
    const { relay } = this.#components;
    const [balance, { baseFee, tip }] = await Promise.all([relay.balance(), relay.feeMarket()]);
    const isEnough = balance >= this.#policy.minBalance && balance >= gas * (baseFee + tip);
    if (isEnough) return;
    const message = "The gateway's key has too few coins to pay for requests. Send it directly, or later.";
    throw new ProtocolError("RELAYER_UNFUNDED", message);
  }

  async #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#pending >= MAX_PENDING_CALLS)
      throw new ProtocolError("LIMIT_REACHED", "Too many requests are being looked at. Try again.");
    this.#pending += 1;
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      this.#pending -= 1;
    }
  }
}

/** Gas limit of the transaction that carries a request. */
export function gasOf({ request: { gas, data } }: SignedForwardRequest): bigint {
  return executeGas({ gas, dataBytes: size(data) });
}

function viewOf(request: KeptRequest): RelayedRequest {
  const { id, signed, state, txHash, block, code, reason, receivedAt } = request;
  const { from: signer, nonce } = signed.request;
  return { id, signer, nonce, state, txHash, block, code, reason, receivedAt };
}

function nonceOf({ signed }: KeptRequest): bigint {
  return signed.request.nonce;
}

function errorOf({ code, message, details }: Fault): ProtocolError {
  return new ProtocolError(code, message, details === undefined ? {} : { details });
}
