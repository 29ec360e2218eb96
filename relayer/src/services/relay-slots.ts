import { bumpedFees, FILLER_GAS, firstFees, worstCost } from "../domain/request-fees.ts";
import { nextStep, type SlotFacts } from "../domain/slot-rules.ts";
import { type Logger } from "../ports.ts";
import {
  type KeptRequest,
  type LinkedChange,
  type RelayChain,
  type RelayHead,
  type RelayMeter,
  type RelayReceipt,
  type RelaySlot,
  type RelayTransaction,
  type RequestChange,
  type RequestStore,
} from "../request-ports.ts";
import { gasOf } from "./request-desk.ts";

export interface RelaySlotsComponents {
  readonly relay: RelayChain;
  readonly store: RequestStore;
  readonly meter: RelayMeter;
  readonly logger: Logger;
}

export interface RelaySlotsInit {
  /** Blocks on top of what counts as final. */
  readonly depth: bigint;
}

export interface SlotSettings {
  /** Highest fee, wei per gas. */
  readonly feeCap: bigint;
  readonly bumpBlocks: bigint;
}

/** What one look at the chain found of a number. */
interface Sighting {
  readonly slot: RelaySlot;
  readonly request: KeptRequest | undefined;
  readonly mined: (RelayReceipt & { readonly transaction: RelayTransaction }) | undefined;
}

interface Counts {
  readonly latest: number;
  readonly confirmed: number;
}

/**
 * Follows the numbers that the gateway's key has given to transactions, until the chain has one of each at depth. A
 * transaction is in the store before it is sent, so whatever ends this process, the same bytes are sent again.
 */
export class RelaySlots {
  readonly #components: RelaySlotsComponents;
  readonly #depth: bigint;
  /** The next number of the key, and since which block it is that. */
  #next: { readonly nonce: number; readonly since: bigint } | undefined;
  #gap: { readonly nonce: number; readonly since: bigint } | undefined;

  constructor(components: RelaySlotsComponents, { depth }: RelaySlotsInit) {
    this.#components = components;
    this.#depth = depth;
  }

  /** @throws ProtocolError CHAIN_UNREACHABLE, STORE_FAILED */
  async follow(head: RelayHead, settings: SlotSettings): Promise<Followed> {
    const { relay, store } = this.#components;
    const slots = await store.slots(relay.relayer);
    if (slots.length === 0) return { isUnsettled: false, pending: 0, promised: 0n };
    // Receipts before counts: what the counts have and the receipts have not is somebody else's.
    const sightings = await Promise.all(slots.map((slot) => this.#look(slot)));
    const counts = {
      latest: await relay.transactionCount("latest"),
      confirmed: await relay.transactionCount(this.confirmedBlock(head)),
    };
    if (this.#next?.nonce !== counts.latest) this.#next = { nonce: counts.latest, since: head.number };
    let isUnsettled = false;
    for (const sighting of sightings)
      if (await this.#step(sighting, { head, counts, settings })) isUnsettled = true;
    await this.#fillGap(slots, { head, counts, settings });
    const pending = sightings.filter(({ mined }) => mined === undefined).map(({ slot }) => newestOf(slot));
    const promised = pending.reduce((sum, { gas, fees }) => sum + worstCost(gas, fees), 0n);
    return { isUnsettled, pending: pending.length, promised };
  }

  /** Newest block that counts as final. */
  confirmedBlock(head: RelayHead): bigint {
    return head.number > this.#depth ? head.number - this.#depth : 0n;
  }

  async #look(slot: RelaySlot): Promise<Sighting> {
    const { relay, store } = this.#components;
    const request = slot.requestId === undefined ? undefined : await store.findRequest(slot.requestId);
    for (const transaction of slot.transactions) {
      const receipt = await relay.receipt(transaction.hash);
      if (receipt !== undefined) return { slot, request, mined: { ...receipt, transaction } };
    }
    return { slot, request, mined: undefined };
  }

  async #step(sighting: Sighting, round: Round): Promise<boolean> {
    const newest = newestOf(sighting.slot);
    const facts = await this.#factsOf(sighting, round);
    switch (nextStep(facts, { depth: this.#depth, bumpBlocks: round.settings.bumpBlocks })) {
      case "settle":
        await this.#settle(sighting, round.head);
        return false;
      case "note":
        await this.#note(sighting);
        return false;
      case "lost":
        await this.#unmine(sighting);
        return true;
      case "release":
        await this.#release(sighting);
        return true;
      case "replace":
        await this.#replace(sighting, round, facts.isKnown);
        return false;
      case "resend":
        await this.#send(sighting, newest);
        return false;
      case "wait":
        return false;
    }
  }

  async #factsOf({ slot, mined, request }: Sighting, { head, counts }: Round): Promise<SlotFacts> {
    const newest = newestOf(slot);
    const isKnown = mined !== undefined || (await this.#components.relay.isKnown(newest.hash));
    return {
      ...{ nonce: slot.nonce, head: head.number, minedIn: mined?.block, isKnown },
      ...{ wasMined: request?.state === "mined", waitsSince: this.#waitsSince(newest) },
      ...{ count: counts.latest, confirmedCount: counts.confirmed },
    };
  }

  #waitsSince({ sentBlock }: RelayTransaction): bigint {
    const since = this.#next?.since ?? sentBlock;
    return since > sentBlock ? since : sentBlock;
  }

  async #note({ request, mined }: Sighting): Promise<void> {
    if (request === undefined || mined === undefined) return;
    const { hash } = mined.transaction;
    if (request.state === "mined" && request.block === mined.block && request.txHash === hash) return;
    const change = { state: "mined", txHash: hash, block: mined.block } as const;
    await this.#components.store.changeRequest(request.id, change);
  }

  async #unmine({ slot, request }: Sighting): Promise<void> {
    const { store, logger } = this.#components;
    if (request === undefined) return;
    await store.changeRequest(request.id, { state: "sent", txHash: newestOf(slot).hash, block: null });
    const fields = { event: "request.reorganised", id: request.id };
    logger.warn(fields, "The block with a request is gone. Its transaction is sent again.");
  }

  async #release({ slot, request }: Sighting): Promise<void> {
    const { relay, store, logger } = this.#components;
    const back = { state: "queued", txHash: null, block: null } as const;
    const linked = request === undefined ? undefined : { id: request.id, change: back };
    await store.closeSlot(relay.relayer, slot.nonce, linked);
    const fields = { event: "request.released", id: request?.id, nonce: slot.nonce };
    logger.warn(fields, "Another process used a number of the key. The request gets another one.");
  }

  async #settle(sighting: Sighting, head: RelayHead): Promise<void> {
    const { relay, store, logger, meter } = this.#components;
    const { slot, request, mined } = sighting;
    const linked: LinkedChange | undefined =
      request === undefined
        ? undefined
        : { id: request.id, change: await this.#endOf(request, sighting, head) };
    await store.closeSlot(relay.relayer, slot.nonce, linked);
    if (mined !== undefined) meter.relayPaid(mined.paid);
    if (linked === undefined) return;
    const { state, code } = linked.change;
    if (state === "final" || state === "failed" || state === "expired") meter.relayed(state);
    const fields = { event: "request.settled", id: linked.id, state, code };
    logger.info(fields, "A request is settled.");
  }

  async #endOf(request: KeptRequest, { mined }: Sighting, head: RelayHead): Promise<RequestChange> {
    if (mined === undefined) return {};
    const { transaction, block, gasUsed, succeeded } = mined;
    const found = { txHash: transaction.hash, block, gas: gasUsed };
    if (transaction.purpose === "execute" && succeeded) return { ...found, state: "final" };
    return { ...found, ...(await this.#whyNot(request, head)) };
  }

  /** Why a request was not done, as far as the chain still tells. */
  async #whyNot({ signed }: KeptRequest, head: RelayHead): Promise<RequestChange> {
    const { relay } = this.#components;
    if (await this.isSuperseded(signed.request, head)) return SUPERSEDED;
    const refusal = await relay.simulate(signed, gasOf(signed));
    if (refusal?.code === "REQUEST_EXPIRED") return EXPIRED;
    const reason = refusal?.message ?? "The contract refused the call when it was in the block.";
    return { state: "failed", code: refusal?.code ?? "TX_REVERTED", reason };
  }

  /** Whether the chain, at depth, has executed something else, or this by another way, under the signer's nonce. */
  async isSuperseded({ from, nonce }: KeptRequest["signed"]["request"], head: RelayHead): Promise<boolean> {
    return (await this.#components.relay.signerNonce(from, this.confirmedBlock(head))) > nonce;
  }

  async #replace(sighting: Sighting, { head, settings }: Round, isKnown: boolean): Promise<void> {
    const { relay, store, logger, meter } = this.#components;
    const { slot, request } = sighting;
    const newest = newestOf(slot);
    const fees = bumpedFees(newest.fees, await relay.feeMarket(), settings.feeCap);
    const isNeeded = request !== undefined && !(await this.#isHopeless(request, head));
    const gas = isNeeded ? gasOf(request.signed) : FILLER_GAS;
    if (fees === undefined || (await relay.balance()) < worstCost(gas, fees)) {
      if (!isKnown) await this.#send(sighting, newest);
      return;
    }
    const plan = { nonce: slot.nonce, gas, fees, sentBlock: head.number };
    const transaction = await relay.sign(plan, isNeeded ? request.signed : undefined);
    const linked =
      request === undefined ? {} : { linked: { id: request.id, change: { txHash: transaction.hash } } };
    await store.addTransaction(relay.relayer, slot.nonce, { transaction, ...linked });
    meter.relayed("replaced");
    const fields = { event: "request.replaced", id: request?.id, nonce: slot.nonce, ...fees };
    logger.info(fields, "A transaction waits too long: a higher fee is offered.");
    await this.#send(sighting, transaction);
  }

  /** Nothing that the transaction could still do: then the number is filled for less. */
  async #isHopeless({ signed: { request } }: KeptRequest, head: RelayHead): Promise<boolean> {
    return request.deadline < head.time || (await this.isSuperseded(request, head));
  }

  async #send({ request }: Pick<Sighting, "request">, { raw, hash }: RelayTransaction): Promise<void> {
    const { relay, logger } = this.#components;
    const refusal = await relay.send(raw);
    const fields = { event: "request.sent", id: request?.id, hash, refusal };
    logger.debug(fields, "A transaction was handed to the RPC.");
  }

  /** Numbers below ours that nobody fills hold ours back: another process took one and its transaction is gone. */
  async #fillGap(slots: readonly RelaySlot[], { head, counts, settings }: Round): Promise<void> {
    const { relay, store, logger, meter } = this.#components;
    const lowest = slots[0]?.nonce ?? 0;
    const nonce = counts.latest;
    if (nonce >= lowest || (await relay.transactionCount("pending")) > nonce) {
      this.#gap = undefined;
      return;
    }
    if (this.#gap?.nonce !== nonce) this.#gap = { nonce, since: head.number };
    if (head.number < this.#gap.since + settings.bumpBlocks) return;
    const fees = firstFees(await relay.feeMarket(), settings.feeCap);
    if (fees === undefined) return;
    const plan = { nonce, gas: FILLER_GAS, fees, sentBlock: head.number };
    const transaction = await relay.sign(plan, undefined);
    await store.openSlot(relay.relayer, { nonce, requestId: undefined, transactions: [transaction] });
    meter.relayed("filled");
    logger.warn({ event: "relay.gap_filled", nonce }, "Nobody uses a number of the key: it is filled.");
    await this.#send({ request: undefined }, transaction);
  }
}

/** What a look at all numbers found. */
export interface Followed {
  /** Whether something must be looked at again at once. */
  readonly isUnsettled: boolean;
  /** Transactions that are in no block, and the most that they can cost, wei. */
  readonly pending: number;
  readonly promised: bigint;
}

interface Round {
  readonly head: RelayHead;
  readonly counts: Counts;
  readonly settings: SlotSettings;
}

export const EXPIRED: RequestChange = {
  state: "expired",
  code: "REQUEST_EXPIRED",
  reason: "The request's deadline was over before it was in a block. Sign it again.",
};

export const SUPERSEDED: RequestChange = {
  state: "failed",
  code: "REQUEST_SUPERSEDED",
  reason: "The signer's nonce was used without this gateway. See on chain whether it was for the same call.",
};

function newestOf({ transactions }: RelaySlot): RelayTransaction {
  const newest = transactions.at(-1);
  // The store keeps a number with its first transaction.
  if (newest === undefined) throw new TypeError("a number without a transaction");
  return newest;
}
