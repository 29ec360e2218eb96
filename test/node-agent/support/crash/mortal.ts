import { type Clock } from "../../../../node-agent/src/ports.ts";

/** Where an agent is killed: at its n-th crossing of a port (from 1), before the call or after it had its effect. */
export interface KillPoint {
  readonly at: number;
  readonly side: "before" | "after";
}

/** What a call that never returns looks like where the caller cannot wait. */
class Killed extends Error {}

/** Only read what is at hand: being killed there is being killed at the crossing before. */
const READS = new Set([
  ...["store.leases", "store.find", "store.findQuoteKey"],
  ...["journal.read", "gateway.session", "gateway.subnetId", "book.images", "book.find"],
]);
const SYNC_WRITES = new Set(["journal.append"]);

/**
 * The life of one agent process. What it does outside crosses a port; from its death on no crossing has an effect, and
 * none returns, so that whatever it was about to do stays undone, as after a SIGKILL.
 */
export class Mortal {
  readonly #point: KillPoint | undefined;
  readonly #death = new AbortController();
  #inFlight = 0;
  /** Names of what was crossed, in order. */
  readonly crossings: string[] = [];

  constructor(point?: KillPoint) {
    this.#point = point;
  }

  get isDead(): boolean {
    return this.#death.signal.aborted;
  }

  /** Whether nothing that it asked for is on its way. */
  get isWaiting(): boolean {
    return this.isDead || this.#inFlight === 0;
  }

  kill(): void {
    this.#death.abort();
  }

  /** Counts as on its way without being a crossing. */
  async during<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#inFlight += 1;
    try {
      return await task();
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** For a wait for time to pass inside `during`: time stands while anything is on its way. */
  async waiting(wait: () => Promise<void>): Promise<void> {
    this.#inFlight -= 1;
    try {
      await wait();
    } finally {
      this.#inFlight += 1;
    }
  }

  /** A port as this process sees it. */
  guard<Port extends object>(name: string, port: Port): Port {
    return new Proxy(port, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== "function") return member;
        const call = member as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => this.#cross(`${name}.${String(key)}`, () => call.apply(target, args));
      },
    });
  }

  /** Its sleepers end with it, and never wake. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, AbortSignal.any([signal, this.#death.signal]));
        if (this.isDead) await never();
      },
    };
  }

  #cross(name: string, call: () => unknown): unknown {
    if (READS.has(name)) return call();
    const isSync = SYNC_WRITES.has(name);
    if (this.isDead) return isSync ? fail() : never();
    this.crossings.push(name);
    const side = this.crossings.length === this.#point?.at ? this.#point.side : undefined;
    if (side === "before") {
      this.kill();
      return isSync ? fail() : never();
    }
    if (!isSync) return this.#answer(call, side);
    call();
    if (side === undefined) return undefined;
    this.kill();
    return fail();
  }

  async #answer(call: () => unknown, side: "after" | undefined): Promise<unknown> {
    return await this.during(async () => {
      try {
        return await call();
      } finally {
        if (side !== undefined) this.kill();
        if (this.isDead) await never();
      }
    });
  }
}

function fail(): never {
  throw new Killed("This agent was killed.");
}

async function never(): Promise<never> {
  return await new Promise<never>(() => undefined);
}
