import { type Hex } from "viem";
import { callerKey } from "../domain/caller-key.ts";
import { type Place, type Places } from "../ports.ts";
import { ConnectionPlaces, type PlaceLimits } from "./connection-places.ts";
import { ConnectionRates, type RateLimits } from "./connection-rates.ts";
import { type SilenceLimits, SilenceWatch } from "./silence.ts";

/** Every limit of the doors that an operator sets: docs/LIMITS.md. */
export interface DoorLimits extends PlaceLimits, RateLimits, SilenceLimits {
  /** TCP connections of one door at once. */
  readonly perDoor: number;
  /** Both directions of all doors of one lease; 0 for no limit. */
  readonly bytesPerSecondPerLease: number;
}

/** Who wants to come in. */
export interface Caller {
  readonly leaseHash: Hex;
  readonly nodeId: bigint;
  /** IP address. */
  readonly address: string;
}

/** Lets public connections, and senders of datagrams, in or not. One for all doors of the gateway. */
export class DoorGuard implements Places {
  readonly silence = new SilenceWatch(() => this.#limits);
  readonly #places: ConnectionPlaces;
  readonly #rates: ConnectionRates;
  #limits: DoorLimits;

  constructor(limits: DoorLimits) {
    this.#limits = limits;
    this.#places = new ConnectionPlaces(limits);
    this.#rates = new ConnectionRates(limits);
  }

  get limits(): DoorLimits {
    return this.#limits;
  }

  /** Connections now. */
  get count(): number {
    return this.#places.count;
  }

  /** Those who are inside stay, even above a lower limit. */
  setLimits(limits: DoorLimits): void {
    this.#limits = limits;
    this.#places.setLimits(limits);
    this.#rates.setLimits(limits);
  }

  /** Whose lease it is for, a caller by host name says later: until then it has limits of its own. */
  arrive(address: string | undefined): Place {
    return this.#places.takeUnnamed(address === undefined ? undefined : callerKey(address));
  }

  enter({ leaseHash, nodeId, address }: Caller): Place {
    const caller = callerKey(address);
    const rate = this.#rates.exceeded(leaseHash, caller, performance.now());
    if (rate !== undefined) return { taken: false, limit: rate };
    return this.#places.take(leaseHash, caller, nodeId);
  }
}
