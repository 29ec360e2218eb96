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
  /** Of routed doors, that named no host of a lease yet. */
  readonly unnamed: number;
  /** Of these, from one address. */
  readonly unnamedPerAddress: number;
}

/** Where a place is counted. */
interface Seat {
  readonly leaseHash: Hex;
  /** Lease and address. */
  readonly caller: string;
  readonly nodeId: bigint;
}

/** Counts public connections against their limits. A place is left once, however often that is said. */
export class ConnectionPlaces {
  #limits: PlaceLimits;
  readonly #perLease = new Map<Hex, number>();
  readonly #perAddress = new Map<string, number>();
  readonly #perNode = new Map<bigint, number>();
  readonly #unnamedPerAddress = new Map<string, number>();
  #total = 0;
  #unnamed = 0;

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

  take(leaseHash: Hex, address: string, nodeId: bigint): Place {
    const seat = { leaseHash, caller: `${leaseHash} ${address}`, nodeId };
    const limit = this.#exceeded(seat);
    if (limit !== undefined) return { taken: false, limit };
    this.#add(seat, 1);
    return placeLeftBy(() => {
      this.#add(seat, -1);
    });
  }

  /** @param address Undefined when it is not known yet. */
  takeUnnamed(address: string | undefined): Place {
    const limit = this.#exceededUnnamed(address);
    if (limit !== undefined) return { taken: false, limit };
    this.#addUnnamed(address, 1);
    return placeLeftBy(() => {
      this.#addUnnamed(address, -1);
    });
  }

  #exceeded({ leaseHash, caller, nodeId }: Seat): DoorLimit | undefined {
    const { total, perLease, perAddress, perNode } = this.#limits;
    if ((this.#perAddress.get(caller) ?? 0) >= perAddress) return "address";
    if ((this.#perLease.get(leaseHash) ?? 0) >= perLease) return "lease";
    if ((this.#perNode.get(nodeId) ?? 0) >= perNode) return "node";
    return this.#total >= total ? "gateway" : undefined;
  }

  #exceededUnnamed(address: string | undefined): DoorLimit | undefined {
    const { total, unnamed, unnamedPerAddress } = this.#limits;
    const ofAddress = address === undefined ? 0 : (this.#unnamedPerAddress.get(address) ?? 0);
    if (ofAddress >= unnamedPerAddress) return "unnamed_address";
    if (this.#unnamed >= unnamed) return "unnamed";
    return this.#total >= total ? "gateway" : undefined;
  }

  #add({ leaseHash, caller, nodeId }: Seat, change: number): void {
    this.#total += change;
    addTo(this.#perNode, nodeId, change);
    addTo(this.#perLease, leaseHash, change);
    addTo(this.#perAddress, caller, change);
  }

  #addUnnamed(address: string | undefined, change: number): void {
    this.#total += change;
    this.#unnamed += change;
    if (address !== undefined) addTo(this.#unnamedPerAddress, address, change);
  }
}

function placeLeftBy(give: () => void): Place {
  let isLeft = false;
  return {
    taken: true,
    leave: () => {
      if (isLeft) return;
      isLeft = true;
      give();
    },
  };
}
