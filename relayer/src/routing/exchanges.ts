import { Slots } from "../domain/slots.ts";
import { type Caller } from "./caller.ts";
import { Exchange } from "./exchange.ts";
import { type FrontCounts, type Guard } from "./front-counts.ts";
import { type ReplicaSet } from "./replica-set.ts";

/** The requests that are under way. */
export class Exchanges {
  readonly #counts: FrontCounts;
  readonly #onRefused = (guard: Guard): void => {
    this.#counts.refused(guard);
  };
  readonly #running = new Slots<Exchange>();

  constructor(counts: FrontCounts) {
    this.#counts = counts;
  }

  get count(): number {
    return this.#running.size;
  }

  /** @param replicas Has a place for it. */
  begin(caller: Caller, replicas: ReplicaSet): void {
    const exchange = new Exchange({
      caller,
      replicas,
      onEnd: (status) => {
        this.#running.free(place);
        replicas.leave();
        this.#counts.answered(status);
      },
      onRefused: this.#onRefused,
    });
    const place = this.#running.take(exchange);
    exchange.run();
  }

  /** Ends those that waited for too long. */
  sweep(now: number): void {
    for (const exchange of this.#running) exchange.expire(now);
  }
}
