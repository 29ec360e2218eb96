import { type ImageBook } from "./image-ports.ts";
import { type Logger } from "./observability/logger.ts";
import { type Clock, type Journal, type LeaseStore, type PulseStore } from "./ports.ts";
import { SqliteImages } from "./store/sqlite-images.ts";
import { SqliteJournal } from "./store/sqlite-journal.ts";
import { SqliteLeases } from "./store/sqlite-leases.ts";
import { SqlitePulses } from "./store/sqlite-pulses.ts";
import { type StateDatabase } from "./store/state-database.ts";

export interface StorePorts {
  readonly store: LeaseStore;
  readonly journal: Journal;
  readonly pulses: PulseStore;
  readonly book: ImageBook;
}

/** What the agent keeps between its own runs. */
export interface Stores {
  readonly ports: StorePorts;
  /** @throws ProtocolError STORE_UNUSABLE, STORE_FAILED */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The stores on one database, which its opener closes after `stop`. */
export function createStores(components: {
  readonly database: StateDatabase;
  readonly clock: Clock;
  readonly log: Logger;
}): Stores {
  const store = new SqliteLeases(components);
  const journal = new SqliteJournal(components);
  const book = new SqliteImages(components);
  return {
    ports: { store, journal, book, pulses: new SqlitePulses(components) },
    start: async () => {
      await store.start();
      journal.start();
      book.start();
    },
    stop: () => store.stop(),
  };
}
