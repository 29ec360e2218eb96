import { type LeaseEvent } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type QuoteKey, type StoredLease } from "../../../node-agent/src/domain/stored-lease.ts";
import { type Journal, type LeaseStore, type NewEvent } from "../../../node-agent/src/ports.ts";

/** A store without files. */
export class MemoryStore implements LeaseStore {
  readonly #leases = new Map<Hex, StoredLease>();
  readonly #keys = new Map<bigint, QuoteKey>();

  leases(): readonly StoredLease[] {
    return [...this.#leases.values()];
  }
  find(leaseHash: Hex): StoredLease | undefined {
    return this.#leases.get(leaseHash);
  }
  async save(lease: StoredLease): Promise<void> {
    this.#leases.set(lease.leaseHash, lease);
    await Promise.resolve();
  }
  async change(
    leaseHash: Hex,
    update: (lease: StoredLease) => StoredLease,
  ): Promise<StoredLease | undefined> {
    const lease = this.#leases.get(leaseHash);
    if (lease === undefined) return undefined;
    await this.save(update(lease));
    return this.#leases.get(leaseHash);
  }
  async remove(leaseHash: Hex): Promise<void> {
    this.#leases.delete(leaseHash);
    await Promise.resolve();
  }
  async saveQuoteKey(key: QuoteKey): Promise<void> {
    this.#keys.set(key.nonce, key);
    await Promise.resolve();
  }
  findQuoteKey(nonce: bigint): QuoteKey | undefined {
    return this.#keys.get(nonce);
  }
}

/** A journal without files. */
export class MemoryJournal implements Journal {
  readonly #events = new Map<Hex, LeaseEvent[]>();
  readonly #waiting = new Set<() => void>();
  readonly #now: () => number;

  constructor(now = () => 0) {
    this.#now = now;
  }

  append(leaseHash: Hex, event: NewEvent): void {
    const events = this.#events.get(leaseHash) ?? [];
    events.push({ cursor: events.length + 1, at: this.#now(), ...event });
    this.#events.set(leaseHash, events);
    for (const wake of [...this.#waiting]) wake();
  }
  read(leaseHash: Hex, after: number): readonly LeaseEvent[] {
    return (this.#events.get(leaseHash) ?? []).filter(({ cursor }) => cursor > after);
  }
  async wait(leaseHash: Hex, after: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.read(leaseHash, after).length > 0) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }
  async remove(leaseHash: Hex): Promise<void> {
    this.#events.delete(leaseHash);
    for (const wake of [...this.#waiting]) wake();
    await Promise.resolve();
  }
  codes(leaseHash: Hex): string[] {
    return this.read(leaseHash, 0).map(({ code }) => code);
  }
}
