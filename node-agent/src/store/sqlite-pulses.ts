import { toWire } from "@fizz/protocol/messages";
import { hexToBytes } from "viem";
import { type Logger } from "../observability/logger.ts";
import { type PulseEvidence, type PulseStore } from "../ports.ts";
import { type StateDatabase } from "./state-database.ts";

/** Pulses that are kept, one a minute: 6 2/3 days, twice as long as a claim of downtime can be answered. */
const MAX_PULSES = 9_600;

export interface SqlitePulsesComponents {
  readonly database: StateDatabase;
  readonly log: Logger;
}

/** Pulses that node and gateway have signed, as JSON that people can read; each set of leases once. */
export class SqlitePulses implements PulseStore {
  readonly #components: SqlitePulsesComponents;
  readonly #maxPulses: number;

  constructor(components: SqlitePulsesComponents, init: { readonly maxPulses?: number } = {}) {
    this.#components = components;
    this.#maxPulses = init.maxPulses ?? MAX_PULSES;
  }

  append({ leaseHashes, ...evidence }: PulseEvidence): void {
    const { database, log } = this.#components;
    const root = hexToBytes(evidence.pulse.leaseRoot);
    const isKept = database.keep([
      {
        sql: "INSERT OR IGNORE INTO lease_sets (root, hashes) VALUES (?, ?)",
        values: [root, hexToBytes(`0x${leaseHashes.map((hash) => hash.slice(2)).join("")}`)],
      },
      {
        sql: "INSERT INTO pulses (at, root, evidence) VALUES (?, ?, ?)",
        values: [evidence.pulse.at, root, toWire(evidence)],
      },
      {
        sql: "DELETE FROM pulses WHERE id <= (SELECT max(id) FROM pulses) - ?",
        values: [this.#maxPulses],
      },
      {
        sql: "DELETE FROM lease_sets WHERE root NOT IN (SELECT root FROM pulses)",
        values: [],
      },
    ]);
    if (!isKept) log.error({ event: "pulse.not_kept" }, "A pulse could not be kept.");
  }
}
