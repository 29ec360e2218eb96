import { type ChainLeaseState } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type SignedReceipt } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import {
  type LeaseDoors,
  type ReceiptKey,
  type Store,
  type StoredDelivery,
} from "../../../relayer/src/ports.ts";

/** The store without a disk. */
export class MemoryStore implements Store {
  readonly #doors = new Map<Hex, LeaseDoors>();
  readonly #deliveries = new Map<string, StoredDelivery>();
  readonly #receipts = new Map<string, { signed: SignedReceipt; savedAt: number }>();

  async start(): Promise<void> {
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    await Promise.resolve();
  }

  async allDoors(): Promise<LeaseDoors[]> {
    return await Promise.resolve([...this.#doors.values()]);
  }

  async saveDoors(doors: LeaseDoors): Promise<void> {
    for (const other of this.#doors.values())
      if (other.leaseHash !== doors.leaseHash && other.doors.some((door) => isIn(doors, door.publicPort)))
        throw new ProtocolError("STORE_FAILED", "A number is taken.", { details: { taken: true } });
    await Promise.resolve(this.#doors.set(doors.leaseHash, doors));
  }

  async saveState(leaseHash: Hex, lastState: ChainLeaseState): Promise<void> {
    const known = this.#doors.get(leaseHash);
    if (known !== undefined) this.#doors.set(leaseHash, { ...known, lastState });
    await Promise.resolve();
  }

  async removeDoors(leaseHash: Hex): Promise<void> {
    await Promise.resolve(this.#doors.delete(leaseHash));
  }

  async addDelivery(stored: StoredDelivery, keep: number): Promise<void> {
    if (!this.#deliveries.has(stored.id)) this.#deliveries.set(stored.id, stored);
    const same = [...this.#deliveries.values()]
      .filter((entry) => keyOf(entry.delivery) === keyOf(stored.delivery))
      .sort((a, b) => b.receivedAt - a.receivedAt || (a.id < b.id ? 1 : -1));
    for (const entry of same.slice(keep)) this.#deliveries.delete(entry.id);
    await Promise.resolve();
  }

  async deliveriesOf(nodeId: bigint): Promise<StoredDelivery[]> {
    const mine = [...this.#deliveries.values()].filter((entry) => entry.nodeId === nodeId);
    return await Promise.resolve(mine.sort((a, b) => a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1)));
  }

  async deliveriesAfter(id: string, limit: number): Promise<StoredDelivery[]> {
    const later = [...this.#deliveries.values()].filter((entry) => entry.id > id);
    return await Promise.resolve(later.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit));
  }

  async removeDelivery(id: string): Promise<void> {
    await Promise.resolve(this.#deliveries.delete(id));
  }

  async countDeliveries(): Promise<number> {
    return await Promise.resolve(this.#deliveries.size);
  }

  async saveReceipt(key: ReceiptKey, signed: SignedReceipt, savedAt: number): Promise<void> {
    this.#receipts.set(keyOf(key), { signed, savedAt });
    for (const [id, { delivery }] of this.#deliveries)
      if (keyOf(delivery) === keyOf(key)) this.#deliveries.delete(id);
    await Promise.resolve();
  }

  async findReceipt(key: ReceiptKey): Promise<SignedReceipt | undefined> {
    return await Promise.resolve(this.#receipts.get(keyOf(key))?.signed);
  }

  async dropOlderThan(time: number): Promise<void> {
    for (const [id, { receivedAt }] of this.#deliveries) if (receivedAt < time) this.#deliveries.delete(id);
    for (const [key, { savedAt }] of this.#receipts) if (savedAt < time) this.#receipts.delete(key);
    await Promise.resolve();
  }
}

function isIn({ doors }: LeaseDoors, publicPort: number): boolean {
  return doors.some((door) => door.publicPort === publicPort);
}

function keyOf({ leaseHash, version }: ReceiptKey): string {
  return `${leaseHash}/${version}`;
}
