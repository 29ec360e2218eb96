import { type Hex } from "viem";
import { type DoorLimit, type Place } from "../ports.ts";
import { type Count, Tally } from "./tally.ts";

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
  readonly lease: Count<Hex>;
  /** Of lease and address. */
  readonly caller: Count<string>;
  readonly node: Count<bigint>;
}

/** Counts public connections against their limits. A place is left once, however often that is said. */
export class ConnectionPlaces {
  #limits: PlaceLimits;
  readonly #perLease = new Tally<Hex>();
  readonly #perAddress = new Tally<string>();
  readonly #perNode = new Tally<bigint>();
  readonly #unnamedPerAddress = new Tally<string>();
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
    const seat = {
      lease: this.#perLease.of(leaseHash),
      caller: this.#perAddress.of(`${leaseHash} ${address}`),
      node: this.#perNode.of(nodeId),
    };
    const limit = this.#exceeded(seat);
    if (limit !== undefined) return { taken: false, limit };
    this.#total += 1;
    this.#perNode.add(seat.node);
    this.#perLease.add(seat.lease);
    this.#perAddress.add(seat.caller);
    return placeLeftBy(() => {
      this.#total -= 1;
      this.#perNode.remove(seat.node);
      this.#perLease.remove(seat.lease);
      this.#perAddress.remove(seat.caller);
    });
  }

  /** @param address Undefined when it is not known yet. */
  takeUnnamed(address: string | undefined): Place {
    const count = address === undefined ? undefined : this.#unnamedPerAddress.of(address);
    const limit = this.#exceededUnnamed(count?.number ?? 0);
    if (limit !== undefined) return { taken: false, limit };
    this.#total += 1;
    this.#unnamed += 1;
    if (count !== undefined) this.#unnamedPerAddress.add(count);
    return placeLeftBy(() => {
      this.#total -= 1;
      this.#unnamed -= 1;
      if (count !== undefined) this.#unnamedPerAddress.remove(count);
    });
  }

  #exceeded({ lease, caller, node }: Seat): DoorLimit | undefined {
    const { total, perLease, perAddress, perNode } = this.#limits;
    if (caller.number >= perAddress) return "address";
    if (lease.number >= perLease) return "lease";
    if (node.number >= perNode) return "node";
    return this.#total >= total ? "gateway" : undefined;
  }

  #exceededUnnamed(ofAddress: number): DoorLimit | undefined {
    const { total, unnamed, unnamedPerAddress } = this.#limits;
    if (ofAddress >= unnamedPerAddress) return "unnamed_address";
    if (this.#unnamed >= unnamed) return "unnamed";
    return this.#total >= total ? "gateway" : undefined;
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
