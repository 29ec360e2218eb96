import { type ErrorCode } from "@fizz/protocol/errors";
import { runs } from "../domain/lease-standing.ts";
import { type LeaseDoors } from "../ports.ts";
import { type Challenges } from "./challenges.ts";
import { hostOf } from "./domain/host-names.ts";
import { type HostTable, type Site } from "./host-table.ts";
import { type ReplicaSet } from "./replica-set.ts";
import { type Visitor } from "./visitor.ts";

/** Characters of a host with its port; a name has at most 253. */
const MAX_AUTHORITY = 260;

/** Where a request goes. A `served` one has a place in its replica set, to be left when it is over. */
export type Direction =
  | { readonly type: "served"; readonly replicas: ReplicaSet }
  | { readonly type: "refused"; readonly code: ErrorCode }
  | { readonly type: "redirected"; readonly location: string }
  | { readonly type: "challenge"; readonly answer: string };

export type TurnedAway = Exclude<Direction, { type: "served" }>;

const HOST_UNKNOWN = { type: "refused", code: "HOST_UNKNOWN" } as const;
const LIMIT_REACHED = { type: "refused", code: "LIMIT_REACHED" } as const;
const HOST_MISMATCH = { type: "refused", code: "HOST_MISMATCH" } as const;

export interface ReceptionInit {
  /** Port of the public's HTTPS; undefined when it is not served. */
  readonly httpsPort: () => number | undefined;
  readonly challenges: Challenges;
}

/** Says for each request which replicas serve it, or why none does. */
export class Reception {
  readonly #table: HostTable;
  readonly #init: ReceptionInit;

  constructor(table: HostTable, init: ReceptionInit) {
    this.#table = table;
    this.#init = init;
  }

  /** @param authority Host header or :authority, as it came. */
  direct(visitor: Visitor, authority: string, path: string): Direction {
    if (authority.length > MAX_AUTHORITY) return HOST_UNKNOWN;
    if (!visitor.agreesTo(authority)) return HOST_MISMATCH;
    const answer = visitor.secure ? undefined : this.#init.challenges.find(authority, path);
    if (answer !== undefined) return { type: "challenge", answer };
    const site = this.#table.findAuthority(authority);
    if (site === undefined) return HOST_UNKNOWN;
    return this.#enter(visitor, site) ?? this.#redirect(site, authority, path);
  }

  /** @returns undefined when no replica speaks the visitor's scheme. */
  #enter(visitor: Visitor, site: Site): Direction | undefined {
    if (!runs(site.lastState)) return { type: "refused", code: codeOf(site.lastState) };
    if (!visitor.enter(site)) return LIMIT_REACHED;
    const replicas = visitor.secure ? (site.https ?? site.http) : site.http;
    if (replicas === undefined) return undefined;
    return replicas.enter() ? { type: "served", replicas } : LIMIT_REACHED;
  }

  #redirect(site: Site, authority: string, path: string): Direction {
    const port = this.#init.httpsPort();
    if (port === undefined || site.https === undefined) return HOST_UNKNOWN;
    return {
      type: "redirected",
      location: `https://${hostOf(authority)}${port === 443 ? "" : `:${port}`}${path}`,
    };
  }
}

function codeOf(state: LeaseDoors["lastState"]): ErrorCode {
  return state === "closed" ? "LEASE_CLOSED" : "LEASE_STARTING";
}
