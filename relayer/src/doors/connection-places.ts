import { type Hex } from "viem";
import { type DoorLimit } from "../ports.ts";
import { addTo } from "./counts.ts";

/** How many public connections, and senders of datagrams, there may be at once. */
export interface PlaceLimits {
  /** Of all doors. */
  readonly total: number;
  /** Of all doors of one lease. */
  readonly perLease: number;
  /** From one address, of all doors of one lease. */
  readonly perAddress: number;
}

/** A place among all public connections, or the limit that leaves none. */
export type Place =
  { readonly taken: true; readonly leave: () => void } | { readonly taken: false; readonly limit: DoorLimit };

/** Counts public connections against their limits. A place is left once, however often that is said. */
export class ConnectionPlaces {
  readonly #limits: PlaceLimits;
  readonly #perLease = new Map<Hex, number>();
  readonly #perAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#total;
  }

  take(leaseHash: Hex, address: string): Place {
    const caller = `${leaseHash} ${address}`;
    const limit = this.#exceeded(leaseHash, caller);
    if (limit !== undefined) return { taken: false, limit };
    this.#add(leaseHash, caller, 1);
    let isLeft = false;
    return {
      taken: true,
      leave: () => {
        if (isLeft) return;
        isLeft = true;
        this.#add(leaseHash, caller, -1);
      },
    };
  }

  #exceeded(leaseHash: Hex, caller: string): DoorLimit | undefined {
    const { total, perLease, perAddress } = this.#limits;
    if ((this.#perAddress.get(caller) ?? 0) >= perAddress) return "address";
    if ((this.#perLease.get(leaseHash) ?? 0) >= perLease) return "lease";
    return this.#total >= total ? "gateway" : undefined;
  }

  #add(leaseHash: Hex, caller: string, change: number): void {
    this.#total += change;
    addTo(this.#perLease, leaseHash, change);
    addTo(this.#perAddress, caller, change);
  }
}
