import type { Hex } from "viem";
import { type LeaseRecord, readLeaseRecord } from "./lease-record.ts";

/** The part of localStorage that is used. */
export interface KeyValueStore {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Most leases whose records are kept; the oldest go first. */
export const MAX_RECORDS = 200;

/** Records of leases in the browser's storage, one network apart from the other. */
export class LeaseStore {
  readonly #storage: KeyValueStore;
  readonly #prefix: string;

  constructor(storage: KeyValueStore, network: { readonly chainId: number; readonly market: string }) {
    this.#storage = storage;
    this.#prefix = `fizz.lease.${network.chainId}.${network.market.toLowerCase()}.`;
  }

  /** Newest first. */
  list(): LeaseRecord[] {
    const records: LeaseRecord[] = [];
    for (let index = 0; index < this.#storage.length; index += 1) {
      const key = this.#storage.key(index);
      const record = key?.startsWith(this.#prefix) === true ? this.#read(key) : undefined;
      if (record !== undefined) records.push(record);
    }
    return records.sort((left, right) => right.createdAt - left.createdAt);
  }

  find(leaseHash: Hex): LeaseRecord | undefined {
    return this.#read(this.#keyOf(leaseHash));
  }

  save(record: LeaseRecord): void {
    for (const old of this.list().slice(MAX_RECORDS - 1)) this.remove(old.leaseHash);
    this.#storage.setItem(this.#keyOf(record.leaseHash), JSON.stringify(record));
  }

  /** Changes fields of a record that exists; undefined removes a field. */
  patch(
    leaseHash: Hex,
    changes: { readonly [Key in keyof LeaseRecord]?: LeaseRecord[Key] | undefined },
  ): void {
    const record = this.find(leaseHash);
    if (record !== undefined)
      this.#storage.setItem(this.#keyOf(leaseHash), JSON.stringify({ ...record, ...changes }));
  }

  remove(leaseHash: Hex): void {
    this.#storage.removeItem(this.#keyOf(leaseHash));
  }

  #keyOf(leaseHash: Hex): string {
    return `${this.#prefix}${leaseHash.toLowerCase()}`;
  }

  #read(key: string): LeaseRecord | undefined {
    try {
      return readLeaseRecord(JSON.parse(this.#storage.getItem(key) ?? "null"));
    } catch {
      return undefined;
    }
  }
}
