import { type Hex } from "viem";
import { type DoorLimit, type Places } from "../ports.ts";
import { type Site } from "./host-table.ts";
import { writeFields } from "./domain/http-fields.ts";
import { hostOf } from "./domain/host-names.ts";
import { type Arrival, forwardedHeaders } from "./domain/forwarded-headers.ts";

export interface VisitorInit extends Arrival {
  /** Host name of the TLS handshake, in lower case. */
  readonly serverName?: string | undefined;
  readonly places: Places;
  /** Gives back the place of a connection that asked for nothing yet. */
  readonly leaveDoor: () => void;
  readonly onRefused: (limit: DoorLimit) => void;
}

/** One public connection of a routed door. Its places are counted like those of other doors, once for each lease. */
export class Visitor {
  readonly secure: boolean;
  readonly serverName: string | undefined;
  readonly #init: VisitorInit;
  readonly #places = new Map<Hex, () => void>();
  #lastLease: Hex | undefined;
  #host = "";
  #forwarded: readonly string[] = [];
  #lines: string | undefined;

  constructor(init: VisitorInit) {
    this.#init = init;
    this.secure = init.secure;
    this.serverName = init.serverName;
  }

  /** Whether a request for this host may come over this connection: over TLS, only for the name it was opened for. */
  agreesTo(authority: string): boolean {
    const { serverName } = this;
    return serverName === undefined || authority === serverName || hostOf(authority) === serverName;
  }

  /** Takes a place at a lease, for as long as the connection lasts. @returns False when there is none. */
  enter({ leaseHash, nodeId }: Pick<Site, "leaseHash" | "nodeId">): boolean {
    if (this.#lastLease === leaseHash || this.#places.has(leaseHash)) return true;
    const place = this.#init.places.enter({ leaseHash, nodeId, address: this.#init.address });
    if (!place.taken) {
      this.#init.onRefused(place.limit);
      return false;
    }
    this.#init.leaveDoor();
    this.#places.set(leaseHash, place.leave);
    this.#lastLease = leaseHash;
    return true;
  }

  /** The headers that tell a container who called; the same for every request to one host. */
  forwarded(host: string): readonly string[] {
    if (host !== this.#host) {
      this.#host = host;
      this.#forwarded = forwardedHeaders(this.#init, host);
      this.#lines = undefined;
    }
    return this.#forwarded;
  }

  /** The same, as lines. */
  forwardedLines(host: string): string {
    const forwarded = this.forwarded(host);
    return (this.#lines ??= writeFields(forwarded));
  }

  /** The connection is over. */
  leave(): void {
    this.#init.leaveDoor();
    for (const leave of this.#places.values()) leave();
    this.#places.clear();
  }
}
