import { setTimeout as sleep } from "node:timers/promises";
import { type Fees, firstFees, worstCost } from "../domain/request-fees.ts";
import { QUOTA_WINDOW_MS, type RelayPolicy } from "../domain/request-rules.ts";
import { type Chain, type Clock } from "../ports.ts";
import {
  type KeptRequest,
  type RelayHead,
  type RelaySlot,
  type RelayStatus,
  type RequestChange,
} from "../request-ports.ts";
import { FinalRequests } from "./final-requests.ts";
import {
  EXPIRED,
  type Followed,
  RelaySlots,
  type RelaySlotsComponents,
  type SlotSettings,
  SUPERSEDED,
} from "./relay-slots.ts";
import { gasOf } from "./request-desk.ts";

/** Transactions of the key that are in no block: nodes keep 16 or more of one key. */
const MAX_PENDING = 16;
/** Those that are not settled. */
const MAX_IN_FLIGHT = 256;
/** Signers that are looked at in one round; others have their turn in the next. */
const MAX_LOOKS = 64;
/** A transaction takes a block or two: what ends sooner is not sent any more, in seconds. */
const MIN_SEND_SECONDS = 15;
/** After a round that failed. */
const RETRY_MS = 2_000;
const STOP_WAIT_MS = 1_000;
const STATUS_EVERY_MS = 15_000;
const KEEP_MS = 7 * 86_400_000;
const CLEAN_EVERY_MS = 3_600_000;
const MS_PER_SECOND = 1_000;

export interface RequestSenderComponents extends RelaySlotsComponents {
  readonly chain: Pick<Chain, "onHead">;
  readonly clock: Clock;
}

export interface RequestSenderInit {
  readonly depth: bigint;
}

export interface SenderSettings extends SlotSettings {
  readonly minBalance: bigint;
  readonly total: RelayPolicy["total"];
}

/** Sends the requests that were taken, one transaction each, in the order of the key's numbers. */
export class RequestSender {
  readonly #components: RequestSenderComponents;
  readonly #slots: RelaySlots;
  readonly #finals: FinalRequests;
  #settings: SenderSettings;
  #status: RelayStatus | undefined;
  #statusAt = 0;
  #cleanedAt = 0;
  #turn = 0;
  #isWanted = false;
  #rounds: Promise<unknown> = Promise.resolve();
  #running: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(components: RequestSenderComponents, init: RequestSenderInit, settings: SenderSettings) {
    this.#components = components;
    this.#slots = new RelaySlots(components, init);
    this.#finals = new FinalRequests(components);
    this.#settings = settings;
  }

  start(): void {
    this.#stopListening ??= this.#components.chain.onHead(() => {
      this.poke();
    });
    this.poke();
  }

  /** What was begun is left to the next start: the store has it. So a chain that is away is not waited for. */
  async stop(): Promise<void> {
    this.#stopListening?.();
    this.#stopListening = undefined;
    clearTimeout(this.#timer);
    await Promise.race([this.#running, sleep(STOP_WAIT_MS, undefined, { ref: false })]);
  }

  setSettings(settings: SenderSettings): void {
    this.#settings = settings;
  }

  /** There is something to do. */
  poke(): void {
    this.#isWanted = true;
    if (this.#stopListening === undefined) return;
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is being done. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  status(): RelayStatus | undefined {
    return this.#status;
  }

  async #run(): Promise<void> {
    try {
      while (this.#isWanted && this.#stopListening !== undefined) {
        this.#isWanted = false;
        await this.round();
      }
    } catch (error) {
      const { logger } = this.#components;
      // Nothing fails for this: requests stay where they are, and the next round finds out.
      logger.debug({ event: "relay.round_failed", error }, "Requests could not be sent or followed.");
      if (this.#stopListening === undefined) return;
      this.#timer = setTimeout(() => {
        this.poke();
      }, RETRY_MS);
    } finally {
      this.#running = undefined;
    }
  }

  /** One after the other. @throws ProtocolError CHAIN_UNREACHABLE, STORE_FAILED: then it is done again later. */
  async round(): Promise<void> {
    const round = this.#rounds.then(() => this.#round());
    this.#rounds = round.catch(() => undefined);
    await round;
  }

  async #round(): Promise<void> {
    const { relay } = this.#components;
    const head = await relay.head();
    await this.#finals.check(head, this.#slots.confirmedBlock(head));
    const followed = await this.#slots.follow(head, this.#settings);
    if (followed.isUnsettled) this.#isWanted = true;
    await this.#sendNext(head, followed);
    await this.#look();
  }

  async #sendNext(head: RelayHead, followed: Followed): Promise<void> {
    const { relay, store } = this.#components;
    const candidates = this.#firstOfEach(await store.queued());
    if (candidates.length === 0) return;
    const fees = firstFees(await relay.feeMarket(), this.#settings.feeCap);
    let { pending, promised } = followed;
    for (const request of candidates) {
      const slots = await store.slots(relay.relayer);
      if (pending >= MAX_PENDING || slots.length >= MAX_IN_FLIGHT) return;
      if (!(await this.#mayBeSent(request, head))) continue;
      // The chain asks for more than the cap, or the key has too little: all others wait too.
      if (fees === undefined) return;
      const cost = worstCost(gasOf(request.signed), fees);
      if (!(await this.#canPay(promised + cost))) return;
      if (!(await this.#sendOne(request, { head, slots, fees }))) continue;
      pending += 1;
      promised += cost;
    }
  }

  /** The lowest nonce of each signer, those that came first before others, some of them at a time. */
  #firstOfEach(queued: readonly KeptRequest[]): KeptRequest[] {
    const first = new Map<string, KeptRequest>();
    for (const request of queued) {
      const { from, nonce } = request.signed.request;
      const known = first.get(from);
      if (known === undefined || nonce < known.signed.request.nonce) first.set(from, request);
    }
    const all = [...first.values()];
    if (all.length <= MAX_LOOKS) return all;
    this.#turn = (this.#turn + MAX_LOOKS) % all.length;
    return [...all.slice(this.#turn), ...all.slice(0, this.#turn)].slice(0, MAX_LOOKS);
  }

  async #mayBeSent({ id, signed }: KeptRequest, head: RelayHead): Promise<boolean> {
    const { relay, clock } = this.#components;
    const { from, nonce, deadline } = signed.request;
    const now = Math.max(head.time, Math.floor(clock() / MS_PER_SECOND));
    if (deadline < now + MIN_SEND_SECONDS) {
      await this.#end(id, EXPIRED);
      return false;
    }
    const executed = await relay.signerNonce(from);
    if (executed > nonce && (await this.#slots.isSuperseded(signed.request, head)))
      await this.#end(id, SUPERSEDED);
    // Lower: another of the signer is on its way, or must come first.
    return executed === nonce;
  }

  async #canPay(promised: bigint): Promise<boolean> {
    const { relay, logger } = this.#components;
    const balance = await relay.balance();
    if (balance >= promised) return true;
    logger.warn({ event: "relay.unfunded", balance }, "The key has too few coins: requests wait.");
    return false;
  }

  /** @returns Whether it is out. */
  async #sendOne(
    request: KeptRequest,
    {
      head,
      slots,
      fees,
    }: { readonly head: RelayHead; readonly slots: readonly RelaySlot[]; readonly fees: Fees },
  ): Promise<boolean> {
    const { relay, store, meter, logger } = this.#components;
    const { id, signed } = request;
    const gas = gasOf(signed);
    const refusal = await relay.simulate(signed, gas);
    if (refusal !== undefined) {
      await this.#end(id, { state: "failed", code: refusal.code, reason: refusal.message });
      return false;
    }
    const waiting = await relay.transactionCount("pending");
    const nonce = Math.max(waiting, (slots.at(-1)?.nonce ?? -1) + 1);
    const transaction = await relay.sign({ nonce, gas, fees, sentBlock: head.number }, signed);
    const { hash } = transaction;
    const slot = { nonce, requestId: id, transactions: [transaction] };
    await store.openSlot(relay.relayer, slot, { id, change: { state: "sent", txHash: hash } });
    meter.relayed("sent");
    logger.info({ event: "request.sent", id, hash, nonce }, "A request is sent.");
    await relay.send(transaction.raw);
    return true;
  }

  /** One for which nothing was sent costs no gas. */
  async #end(id: KeptRequest["id"], change: RequestChange): Promise<void> {
    const { store, meter, logger } = this.#components;
    await store.changeRequest(id, { ...change, gas: 0n });
    if (change.state === "failed" || change.state === "expired") meter.relayed(change.state);
    logger.info({ event: "request.settled", id, ...change }, "A request is settled.");
  }

  /** For metrics and `status`; and the store is cleaned now and then. */
  async #look(): Promise<void> {
    const { relay, store, clock } = this.#components;
    const now = clock();
    if (now - this.#cleanedAt >= CLEAN_EVERY_MS) {
      this.#cleanedAt = now;
      await store.dropSettled(now - KEEP_MS);
    }
    const known = this.#status;
    const isFresh = known?.balance != null && now - this.#statusAt < STATUS_EVERY_MS;
    const balance = isFresh ? BigInt(known.balance) : await relay.balance();
    if (!isFresh) this.#statusAt = now;
    const { total, minBalance } = this.#settings;
    const [queued, slots, used] = await Promise.all([
      store.queued(),
      store.slots(relay.relayer),
      store.usage(now - QUOTA_WINDOW_MS),
    ]);
    this.#status = {
      ...{ balance: balance.toString(), isLow: balance < minBalance },
      ...{ queued: queued.length, inFlight: slots.length },
      ...{ requests: used.requests, maxRequests: total.requests },
      ...{ gas: used.gas.toString(), maxGas: total.gas.toString() },
    };
  }
}
