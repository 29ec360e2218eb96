import { fromWire, type LeaseEvent, leaseEventSchema, toWire } from "@fizz/protocol/messages";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import { isStep, keptEvents, MAX_EVENTS_PER_LEASE, MAX_KEPT_STEPS } from "../domain/kept-events.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock, type Journal, type NewEvent } from "../ports.ts";
import { type Statement } from "./commit-messages.ts";
import { unusable } from "./sqlite-fault.ts";
import { type StateDatabase } from "./state-database.ts";

/** Longest message of an event, in characters. */
const MAX_MESSAGE_LENGTH = 2_000;
/** Newest event of each lease: one step in the table for each, where grouping would read all of it. */
const NEWEST = `WITH RECURSIVE books (lease) AS (
    SELECT min(lease) FROM events
    UNION ALL
    SELECT (SELECT min(lease) FROM events WHERE lease > books.lease) FROM books WHERE lease IS NOT NULL
  )
  SELECT lease, (SELECT max(cursor) FROM events WHERE lease = books.lease) AS newest
  FROM books WHERE lease IS NOT NULL`;
/** Leases whose events are in memory, those read last. */
const MAX_LEASES_IN_MEMORY = 32;

export interface SqliteJournalComponents {
  readonly database: StateDatabase;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Book {
  /** Cursor of the next event. */
  next: number;
  /** Newest cursor that is on the disk. */
  kept: number;
  /** What is on the disk, once somebody read it. */
  events: LeaseEvent[] | undefined;
  readonly waiting: Set<() => void>;
}

/**
 * Events of each lease as a bounded list. An event is told when it is on the disk: a cursor that somebody was given never
 * stands for another event after a crash.
 */
export class SqliteJournal implements Journal {
  readonly #components: SqliteJournalComponents;
  readonly #books = new Map<Hex, Book>();
  /** Leases whose events are in memory, the one read last at the end. */
  readonly #read = new Set<Hex>();

  constructor(components: SqliteJournalComponents) {
    this.#components = components;
  }

  /** @throws ProtocolError STORE_UNUSABLE, STORE_FAILED */
  start(): void {
    for (const row of this.#components.database.rows(NEWEST)) {
      const newest = Number(row["newest"]);
      const book = { next: newest + 1, kept: newest, events: undefined, waiting: new Set<() => void>() };
      this.#books.set(bytesToHex(row["lease"] as Uint8Array), book);
    }
  }

  append(leaseHash: Hex, event: NewEvent): void {
    const { database, clock, log } = this.#components;
    const book = this.#bookOf(leaseHash);
    const entry: LeaseEvent = {
      cursor: book.next,
      at: clock.now(),
      ...event,
      message: event.message.slice(0, MAX_MESSAGE_LENGTH),
    };
    const lease = hexToBytes(leaseHash);
    const body = database.vault.seal(placeOf(leaseHash, entry.cursor), toWire(entry));
    const insert = {
      sql: "INSERT INTO events (lease, cursor, step, body) VALUES (?, ?, ?, ?)",
      values: [lease, entry.cursor, isStep(entry) ? 1 : 0, body],
    };
    const isKept = database.keep([insert, ...trim(lease, entry.cursor)], () => {
      this.#tell(book, entry);
    });
    if (isKept) book.next += 1;
    else log.error({ event: "journal.failed", leaseHash, code: event.code }, "An event could not be kept.");
  }

  read(leaseHash: Hex, after: number): readonly LeaseEvent[] {
    const book = this.#books.get(leaseHash);
    if (book === undefined || book.kept <= after) return [];
    return this.#eventsOf(leaseHash, book).filter(({ cursor }) => cursor > after);
  }

  async wait(leaseHash: Hex, after: number, signal: AbortSignal): Promise<void> {
    const book = this.#bookOf(leaseHash);
    const isThere = (): boolean => book.kept > after || this.#books.get(leaseHash) !== book;
    while (!signal.aborted && !isThere())
      await new Promise<void>((resolve) => {
        const done = (): void => {
          book.waiting.delete(done);
          signal.removeEventListener("abort", done);
          resolve();
        };
        book.waiting.add(done);
        signal.addEventListener("abort", done, { once: true });
      });
  }

  async remove(leaseHash: Hex): Promise<void> {
    const { database } = this.#components;
    await database.commit([{ sql: "DELETE FROM events WHERE lease = ?", values: [hexToBytes(leaseHash)] }]);
    const book = this.#books.get(leaseHash);
    this.#books.delete(leaseHash);
    this.#read.delete(leaseHash);
    for (const wake of [...(book?.waiting ?? [])]) wake();
  }

  #tell(book: Book, entry: LeaseEvent): void {
    book.kept = entry.cursor;
    book.events?.push(entry);
    if ((book.events?.length ?? 0) > MAX_EVENTS_PER_LEASE) book.events = keptEvents(book.events ?? []);
    for (const wake of [...book.waiting]) wake();
  }

  #bookOf(leaseHash: Hex): Book {
    const known = this.#books.get(leaseHash);
    if (known !== undefined) return known;
    const book: Book = { next: 1, kept: 0, events: undefined, waiting: new Set() };
    this.#books.set(leaseHash, book);
    return book;
  }

  #eventsOf(leaseHash: Hex, book: Book): readonly LeaseEvent[] {
    book.events ??= this.#load(leaseHash, book.kept);
    this.#read.delete(leaseHash);
    this.#read.add(leaseHash);
    for (const other of this.#read) {
      if (this.#read.size <= MAX_LEASES_IN_MEMORY) break;
      this.#read.delete(other);
      const left = this.#books.get(other);
      if (left !== undefined) left.events = undefined;
    }
    return book.events;
  }

  /** @param kept What is newer is told when the thread has said that it is on the disk. */
  #load(leaseHash: Hex, kept: number): LeaseEvent[] {
    const { database } = this.#components;
    const sql = "SELECT cursor, body FROM events WHERE lease = ? AND cursor <= ? ORDER BY cursor";
    return database.rows(sql, hexToBytes(leaseHash), kept).map((row) => {
      const place = placeOf(leaseHash, Number(row["cursor"]));
      const text = database.vault.open(place, row["body"]);
      try {
        return fromWire(leaseEventSchema, JSON.parse(text));
      } catch {
        throw unusable(database.path, `this agent cannot read its row ${place}`);
      }
    });
  }
}

/** As {@link keptEvents}. @param newest Cursor of the newest event */
function trim(lease: Uint8Array, newest: number): Statement[] {
  const limit = newest - MAX_EVENTS_PER_LEASE;
  if (limit <= 0) return [];
  const firstStep =
    "SELECT min(cursor) FROM (SELECT cursor FROM events WHERE lease = ? AND step = 1 ORDER BY cursor DESC LIMIT ?)";
  return [
    { sql: "DELETE FROM events WHERE lease = ? AND cursor <= ? AND step = 0", values: [lease, limit] },
    {
      sql: `DELETE FROM events WHERE lease = ? AND cursor <= ? AND step = 1 AND cursor < (${firstStep})`,
      values: [lease, limit, lease, MAX_KEPT_STEPS],
    },
  ];
}

function placeOf(leaseHash: Hex, cursor: number): string {
  return `events/${leaseHash}/${cursor}`;
}
