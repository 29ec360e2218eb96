import { ProtocolError } from "@fizz/protocol/errors";
import { type Address, type Hex } from "viem";
import {
  type KeptRequest,
  type LinkedChange,
  type RelaySlot,
  type RelayTransaction,
  type RelayUsage,
  type RequestChange,
  type RequestStore,
} from "../../../relayer/src/request-ports.ts";

const LIVE = new Set(["queued", "sent", "mined"]);

/** Relayed requests without a disk. */
export class MemoryRequestStore implements RequestStore {
  readonly #requests = new Map<Hex, KeptRequest>();
  readonly #slots = new Map<string, { relayer: Address; slot: RelaySlot }>();

  async addRequest(request: KeptRequest): Promise<void> {
    if (this.#requests.has(request.id))
      throw new ProtocolError("STORE_FAILED", "That request is kept already.");
    await Promise.resolve(this.#requests.set(request.id, request));
  }

  async findRequest(id: Hex): Promise<KeptRequest | undefined> {
    return await Promise.resolve(this.#requests.get(id));
  }

  async liveOf(signer: Address): Promise<KeptRequest[]> {
    const live = this.#all().filter(({ state, signed }) => LIVE.has(state) && signed.request.from === signer);
    return await Promise.resolve(live.sort((a, b) => Number(nonceOf(a) - nonceOf(b))));
  }

  async queued(): Promise<KeptRequest[]> {
    const queued = this.#all().filter(({ state }) => state === "queued");
    return await Promise.resolve(
      queued.sort(
        (a, b) => a.receivedAt - b.receivedAt || Number(nonceOf(a) - nonceOf(b)) || (a.id < b.id ? -1 : 1),
      ),
    );
  }

  async finalSince(block: bigint, limit: number): Promise<KeptRequest[]> {
    const found = this.#all().filter((entry) => entry.state === "final" && (entry.block ?? -1n) >= block);
    found.sort((a, b) => Number((b.block ?? 0n) - (a.block ?? 0n)));
    return await Promise.resolve(found.slice(0, limit));
  }

  async countLive(): Promise<number> {
    return await Promise.resolve(this.#all().filter(({ state }) => LIVE.has(state)).length);
  }

  async changeRequest(id: Hex, change: RequestChange): Promise<void> {
    this.#change({ id, change });
    await Promise.resolve();
  }

  async usage(since: number, signer?: Address): Promise<RelayUsage> {
    const counted = this.#all().filter(
      ({ receivedAt, signed }) =>
        receivedAt >= since && (signer === undefined || signed.request.from === signer),
    );
    const gas = counted.reduce((total, entry) => total + entry.gas, 0n);
    return await Promise.resolve({ requests: counted.length, gas });
  }

  async slots(relayer: Address): Promise<RelaySlot[]> {
    const mine = [...this.#slots.values()].filter((entry) => entry.relayer === relayer);
    return await Promise.resolve(mine.map(({ slot }) => slot).sort((a, b) => a.nonce - b.nonce));
  }

  async openSlot(relayer: Address, slot: RelaySlot, linked?: LinkedChange): Promise<void> {
    const key = keyOf(relayer, slot.nonce);
    if (this.#slots.has(key)) throw new ProtocolError("STORE_FAILED", "That number was given already.");
    const { requestId } = slot;
    if (
      requestId !== undefined &&
      [...this.#slots.values()].some((kept) => kept.slot.requestId === requestId)
    )
      throw new ProtocolError("STORE_FAILED", "That request has a number already.");
    this.#slots.set(key, { relayer, slot });
    this.#change(linked);
    await Promise.resolve();
  }

  async addTransaction(
    relayer: Address,
    nonce: number,
    { transaction, linked }: { readonly transaction: RelayTransaction; readonly linked?: LinkedChange },
  ): Promise<void> {
    const kept = this.#slots.get(keyOf(relayer, nonce));
    if (kept === undefined) throw new ProtocolError("STORE_FAILED", "There is no such number.");
    kept.slot = { ...kept.slot, transactions: [...kept.slot.transactions, transaction] };
    this.#change(linked);
    await Promise.resolve();
  }

  async closeSlot(relayer: Address, nonce: number, linked?: LinkedChange): Promise<void> {
    this.#slots.delete(keyOf(relayer, nonce));
    this.#change(linked);
    await Promise.resolve();
  }

  async dropSettled(before: number): Promise<void> {
    for (const { id, state, receivedAt } of this.#all())
      if (receivedAt < before && !LIVE.has(state)) this.#requests.delete(id);
    await Promise.resolve();
  }

  #all(): KeptRequest[] {
    return [...this.#requests.values()];
  }

  #change(linked: LinkedChange | undefined): void {
    if (linked === undefined) return;
    const request = this.#requests.get(linked.id);
    if (request !== undefined) this.#requests.set(linked.id, { ...request, ...linked.change });
  }
}

function nonceOf({ signed }: KeptRequest): bigint {
  return signed.request.nonce;
}

function keyOf(relayer: Address, nonce: number): string {
  return `${relayer}/${nonce}`;
}
