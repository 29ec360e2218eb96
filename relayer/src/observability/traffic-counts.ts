import { Counter, type Registry } from "prom-client";
import { type Carried, type Meter } from "../ports.ts";

/** Of one protocol since the gateway started. */
interface Tally {
  opened: number;
  toContainer: number;
  toPublic: number;
}

/**
 * What each public connection counts. It is added up in plain numbers, and told when somebody asks: a counter with labels
 * makes a text of them each time.
 */
export class TrafficCounts {
  readonly #tallies = new Map<Carried, Tally>();

  constructor(registry: Registry) {
    const tallies = this.#tallies;
    new Counter({
      name: "fizz_gateway_connections_total",
      help: "Public connections, and senders of datagrams, that reached a container.",
      labelNames: ["protocol"],
      registers: [registry],
      collect() {
        this.reset();
        for (const [protocol, { opened }] of tallies) this.inc({ protocol }, opened);
      },
    });
    new Counter({
      name: "fizz_gateway_bytes_total",
      help: "Bytes of ended public connections, by direction.",
      labelNames: ["protocol", "direction"],
      registers: [registry],
      collect() {
        this.reset();
        for (const [protocol, { toContainer, toPublic }] of tallies) {
          this.inc({ protocol, direction: "to_container" }, toContainer);
          this.inc({ protocol, direction: "to_public" }, toPublic);
        }
      },
    });
  }

  opened(protocol: Carried): void {
    this.#of(protocol).opened += 1;
  }

  carried(protocol: Carried, { toContainer, toPublic }: Parameters<Meter["carried"]>[1]): void {
    const tally = this.#of(protocol);
    tally.toContainer += toContainer;
    tally.toPublic += toPublic;
  }

  #of(protocol: Carried): Tally {
    const known = this.#tallies.get(protocol);
    if (known !== undefined) return known;
    const fresh = { opened: 0, toContainer: 0, toPublic: 0 };
    this.#tallies.set(protocol, fresh);
    return fresh;
  }
}
