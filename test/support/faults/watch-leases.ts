import { type World } from "../world.ts";

const ACTIVE = 2;
const RECLAIMING = 3;
const CLOSED = 4;
const RUNS: ReadonlySet<number> = new Set([ACTIVE, RECLAIMING]);

interface Seen {
  readonly id: string;
  readonly state: string;
  /** Lease, service and replica. */
  readonly place: string;
  readonly leaseHash: string;
}

/** What a node must do whatever happens: looked at again and again while things break. */
export class LeaseWatch {
  readonly #world: World;
  /** Leases that were seen active, with the container that ran first. */
  readonly #running = new Map<bigint, string>();
  readonly #ended = new Set<bigint>();
  /** Ids of containers, by what is to be counted: each of these is a failure of the node. */
  readonly lost: string[] = [];
  readonly doubled = new Set<string>();
  readonly closed: string[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** The tenant ends a lease: it may close from now on. */
  end(lid: bigint): void {
    this.#ended.add(lid);
  }

  /** What is not yet as it has to be, for people; empty when all is. */
  async open(lids: readonly bigint[]): Promise<string[]> {
    const seen = await this.#containers();
    const places = new Set<string>();
    for (const { place } of seen) {
      if (places.has(place)) this.doubled.add(place);
      places.add(place);
    }
    const open: string[] = [];
    for (const lid of lids) {
      const { state, leaseHash } = await this.#world.leaseOf(lid);
      const own = seen.filter((container) => container.leaseHash === leaseHash);
      if (state === CLOSED && this.#running.has(lid) && !this.#ended.has(lid))
        this.#note(this.closed, `lease ${lid}`);
      if (state === CLOSED && own.length > 0) open.push(`lease ${lid} is closed and has containers`);
      if (!RUNS.has(state)) continue;
      const [first] = own;
      if (first?.state !== "running") open.push(`lease ${lid} does not run`);
      else if (!this.#running.has(lid)) this.#running.set(lid, first.id);
      else if (this.#running.get(lid) !== first.id)
        this.#note(this.lost, `the first container of lease ${lid}`);
    }
    return open;
  }

  #note(list: string[], what: string): void {
    if (!list.includes(what)) list.push(what);
  }

  async #containers(): Promise<Seen[]> {
    const { docker, nodeOperator } = this.#world.network;
    const label = [`fizz.node=${nodeOperator}`, "fizz.service"];
    const found = await docker.listContainers({ all: true, filters: { label } });
    return found
      .filter(({ Labels: labels }) => labels["fizz.role"] === undefined)
      .map(({ Id: id, State: state, Labels: labels }) => {
        const { "fizz.lease": leaseHash = "", "fizz.service": service, "fizz.replica": replica } = labels;
        return { id, state, leaseHash, place: `${leaseHash}/${service}/${replica}` };
      });
  }
}
