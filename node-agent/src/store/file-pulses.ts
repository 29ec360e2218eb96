import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { toWire } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type Logger } from "../observability/logger.ts";
import { type PulseEvidence, type PulseStore } from "../ports.ts";

/** Pulses of one file: 3 1/3 days, as long as a claim of downtime can be answered. The file before is kept as well. */
const MAX_PULSES_PER_FILE = 4_800;
const MAX_FILE_BYTES = 16 * 1024 * 1024;
const PRIVATE_FILE = 0o600;
const NEWLINE = 10;

export interface FilePulsesInit {
  readonly dataDir: string;
  /** Of one file. */
  readonly maxPulses?: number;
  readonly maxBytes?: number;
}

/**
 * Pulses that node and gateway have signed, a line of JSON each: `pulses.jsonl`, and the file before it. A line has
 * `leaseHashes` where they are others than those of the line before it.
 */
export class FilePulses implements PulseStore {
  readonly #log: Logger;
  readonly #directory: string;
  readonly #maxPulses: number;
  readonly #maxBytes: number;
  #lines = 0;
  #bytes = 0;
  #root: Hex | undefined;

  constructor(components: { readonly log: Logger }, init: FilePulsesInit) {
    this.#log = components.log;
    this.#directory = init.dataDir;
    this.#maxPulses = init.maxPulses ?? MAX_PULSES_PER_FILE;
    this.#maxBytes = init.maxBytes ?? MAX_FILE_BYTES;
  }

  start(): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    if (!existsSync(this.#path)) return;
    const content = readFileSync(this.#path);
    this.#bytes = content.length;
    this.#lines = content.reduce((sum, byte) => sum + Number(byte === NEWLINE), 0);
    // A line that a crash tore ends here; nothing is added to it.
    if (content.length > 0 && content.at(-1) !== NEWLINE) this.#write("\n");
  }

  append({ leaseHashes, ...evidence }: PulseEvidence): void {
    try {
      this.#turnOver();
      const { leaseRoot } = evidence.pulse;
      const line = { ...evidence, ...(leaseRoot === this.#root ? {} : { leaseHashes }) };
      this.#write(`${toWire(line)}\n`);
      this.#root = leaseRoot;
    } catch (error) {
      this.#log.error({ event: "pulse.not_kept", error }, "A pulse could not be kept.");
    }
  }

  get #path(): string {
    return join(this.#directory, "pulses.jsonl");
  }

  #turnOver(): void {
    if (this.#lines < this.#maxPulses && this.#bytes < this.#maxBytes) return;
    renameSync(this.#path, join(this.#directory, "pulses.before.jsonl"));
    this.#lines = 0;
    this.#bytes = 0;
    this.#root = undefined;
  }

  #write(text: string): void {
    const file = openSync(this.#path, "a", PRIVATE_FILE);
    try {
      this.#bytes += writeSync(file, text);
      this.#lines += 1;
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
