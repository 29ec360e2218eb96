import { appendFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromWire, type LeaseEvent, leaseEventSchema, toWire } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type Logger } from "../observability/logger.ts";
import { type Clock, type Journal, type NewEvent } from "../ports.ts";
import { removeFile, replaceFileSync, TEMPORARY_SUFFIX } from "./atomic-file.ts";

/** Most events that are kept of one lease; the oldest go first. */
export const MAX_EVENTS_PER_LEASE = 2_000;
/** Longest message of an event, in characters. */
const MAX_MESSAGE_LENGTH = 2_000;
const SUFFIX = ".jsonl";

export interface FileJournalComponents {
  readonly clock: Clock;
  readonly log: Logger;
}

interface Ring {
  events: LeaseEvent[];
  next: number;
  /** Lines in the file, those that fell out of the ring included. */
  lines: number;
  readonly waiting: Set<() => void>;
}

/**
 * Events of each lease as a bounded list, appended to one file per lease. A line torn by a crash is dropped at the
 * next start; the file is rewritten when half of it is out of date.
 */
export class FileJournal implements Journal {
  readonly #components: FileJournalComponents;
  readonly #directory: string;
  readonly #rings = new Map<Hex, Ring>();

  constructor(components: FileJournalComponents, init: { readonly dataDir: string }) {
    this.#components = components;
    this.#directory = join(init.dataDir, "events");
  }

  async start(): Promise<void> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.#directory)) {
      const path = join(this.#directory, name);
      if (name.endsWith(TEMPORARY_SUFFIX)) await removeFile(path);
      if (!name.endsWith(SUFFIX)) continue;
      const leaseHash: Hex = `0x${name.slice(0, -SUFFIX.length)}`;
      this.#load(leaseHash, path);
      // Also gets rid of a torn last line, to which the next event would be appended.
      this.#compact(leaseHash);
    }
  }

  append(leaseHash: Hex, event: NewEvent): void {
    const ring = this.#ringOf(leaseHash);
    const entry: LeaseEvent = {
      cursor: ring.next,
      at: this.#components.clock.now(),
      ...event,
      message: event.message.slice(0, MAX_MESSAGE_LENGTH),
    };
    ring.next += 1;
    ring.events.push(entry);
    if (ring.events.length > MAX_EVENTS_PER_LEASE) ring.events.shift();
    this.#appendLine(leaseHash, ring, entry);
    for (const wake of [...ring.waiting]) wake();
  }

  read(leaseHash: Hex, after: number): readonly LeaseEvent[] {
    return this.#rings.get(leaseHash)?.events.filter(({ cursor }) => cursor > after) ?? [];
  }

  async wait(leaseHash: Hex, after: number, signal: AbortSignal): Promise<void> {
    const ring = this.#ringOf(leaseHash);
    if (signal.aborted || ring.next - 1 > after) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        ring.waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      ring.waiting.add(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  async remove(leaseHash: Hex): Promise<void> {
    const ring = this.#rings.get(leaseHash);
    this.#rings.delete(leaseHash);
    for (const wake of [...(ring?.waiting ?? [])]) wake();
    await removeFile(this.#pathOf(leaseHash));
  }

  #ringOf(leaseHash: Hex): Ring {
    const known = this.#rings.get(leaseHash);
    if (known !== undefined) return known;
    const ring: Ring = { events: [], next: 1, lines: 0, waiting: new Set() };
    this.#rings.set(leaseHash, ring);
    return ring;
  }

  #load(leaseHash: Hex, path: string): void {
    const ring = this.#ringOf(leaseHash);
    for (const line of readFileSync(path, "utf8").split("\n")) {
      const event = parseLine(line);
      if (event === undefined || event.cursor < ring.next) continue;
      ring.events.push(event);
      ring.next = event.cursor + 1;
    }
    ring.events = ring.events.slice(-MAX_EVENTS_PER_LEASE);
  }

  /** Synchronous, so that a killed process has lost nothing that was said to have happened. */
  #appendLine(leaseHash: Hex, ring: Ring, entry: LeaseEvent): void {
    try {
      appendFileSync(this.#pathOf(leaseHash), `${toWire(entry)}\n`, { mode: 0o600 });
      ring.lines += 1;
      if (ring.lines >= 2 * MAX_EVENTS_PER_LEASE) this.#compact(leaseHash);
    } catch (error) {
      this.#components.log.error(
        { event: "journal.failed", leaseHash, error },
        "An event could not be kept.",
      );
    }
  }

  #compact(leaseHash: Hex): void {
    const ring = this.#rings.get(leaseHash);
    if (ring === undefined) return;
    ring.lines = ring.events.length;
    const content = ring.events.map((event) => `${toWire(event)}\n`).join("");
    replaceFileSync(this.#pathOf(leaseHash), content);
  }

  #pathOf(leaseHash: Hex): string {
    return join(this.#directory, `${leaseHash.slice(2)}${SUFFIX}`);
  }
}

function parseLine(line: string): LeaseEvent | undefined {
  if (line === "") return undefined;
  try {
    return fromWire(leaseEventSchema, JSON.parse(line));
  } catch {
    return undefined;
  }
}
