import { type RoutedDoor } from "../ports.ts";
import { type Hex } from "viem";
import { chooseReplica } from "./domain/choose-replica.ts";
import { type RequestRules, requestRules } from "./domain/next-case.ts";
import { Replica, type ReplicaWay } from "./replica.ts";

/** Requests of one service under way at once; more are refused. */
const MAX_REQUESTS = 2_048;

/** The replicas of one port of a service, which share its name. */
export class ReplicaSet {
  readonly #way: ReplicaWay;
  #replicas: readonly Replica[] = [];
  #rules: RequestRules;
  #turn = 0;
  #inFlight = 0;

  constructor(way: ReplicaWay, first: RoutedDoor) {
    this.#way = way;
    this.#rules = requestRules(first.route.options);
  }

  get rules(): RequestRules {
    return this.#rules;
  }

  get size(): number {
    return this.#replicas.length;
  }

  /** Takes the replicas that there are now. Those that leave finish what they have under way. */
  replace(leaseHash: Hex, doors: readonly RoutedDoor[]): void {
    const first = doors[0];
    if (first !== undefined) this.#rules = requestRules(first.route.options);
    const known = new Map(this.#replicas.map((replica) => [replica.target.replica, replica]));
    this.#replicas = doors.map(({ service, replica, port }) => {
      const before = known.get(replica);
      known.delete(replica);
      before?.connections.renew();
      return before ?? new Replica(this.#way, { leaseHash, service, replica, port });
    });
    for (const gone of known.values()) gone.connections.close();
  }

  /** A place for a request; false when there is none. */
  enter(): boolean {
    if (this.#inFlight >= MAX_REQUESTS) return false;
    this.#inFlight += 1;
    return true;
  }

  leave(): void {
    this.#inFlight -= 1;
  }

  choose(skip: ReadonlySet<Replica> | undefined): Replica | undefined {
    this.#turn = (this.#turn + 1) % Math.max(1, this.#replicas.length);
    return chooseReplica(this.#replicas, this.#turn, skip);
  }

  sweep(now: number): void {
    for (const replica of this.#replicas) {
      replica.connections.sweep(now);
      void replica.probe(now);
    }
  }

  /** Ends every connection. */
  close(): void {
    for (const replica of this.#replicas) replica.connections.abort();
    this.#replicas = [];
  }
}
