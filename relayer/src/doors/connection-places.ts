import { type Hex } from "viem";
import { type DoorLimit, type Place } from "../ports.ts";
import { addTo } from "./counts.ts";

/** How many public connections, and senders of datagrams, there may be at once. */
export interface PlaceLimits {
  /** Of all doors. */
  readonly total: number;
  /** Of all doors of one lease. */
  readonly perLease: number;
  /** From one address, of all doors of one lease. */
  readonly perAddress: number;
  /** Of all leases that one node serves. */
  readonly perNode: number;
}

/** Where a place is counted. */
interface Seat {
  readonly leaseHash: Hex;
  /** Lease and address; undefined when that is not known. */
  readonly caller: string | undefined;
  readonly nodeId: bigint;
}

/** Counts public connections against their limits. A place is left once, however often that is said. */
export class ConnectionPlaces {
  #limits: PlaceLimits;
  readonly #perLease = new Map<Hex, number>();
  readonly #perAddress = new Map<string, number>();
  readonly #perNode = new Map<bigint, number>();
  #total = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#total;
  }

  /** Those who have a place keep it, even above a lower limit. */
  setLimits(limits: PlaceLimits): void {
    this.#limits = limits;
  }

  take(leaseHash: Hex, address: string | undefined, nodeId: bigint): Place {
    const seat = { leaseHash, caller: address === undefined ? undefined : `${leaseHash} ${address}`, nodeId };
    const limit = this.#exceeded(seat);
    if (limit !== undefined) return { taken: false, limit };
    this.#add(seat, 1);
    let isLeft = false;
    return {
      taken: true,
      leave: () => {
        if (isLeft) return;
        isLeft = true;
        this.#add(seat, -1);
      },
    };
  }

  #exceeded({ leaseHash, caller, nodeId }: Seat): DoorLimit | undefined {
    const { total, perLease, perAddress, perNode } = this.#limits;
    const ofCaller = caller === undefined ? 0 : (this.#perAddress.get(caller) ?? 0);
    if (ofCaller >= perAddress) return "address";
    if ((this.#perLease.get(leaseHash) ?? 0) >= perLease) return "lease";
    if ((this.#perNode.get(nodeId) ?? 0) >= perNode) return "node";
    return this.#total >= total ? "gateway" : undefined;
  }

  #add({ leaseHash, caller, nodeId }: Seat, change: number): void {
    this.#total += change;
    addTo(this.#perNode, nodeId, change);
    addTo(this.#perLease, leaseHash, change);
    if (caller !== undefined) addTo(this.#perAddress, caller, change);
  }
}
