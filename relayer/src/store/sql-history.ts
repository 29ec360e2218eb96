import { type HistoryStore } from "../history-ports.ts";
import { SqlEventIndex } from "./event-index.ts";
import { HistoryReader } from "./history-reads.ts";
import { marketEvents } from "./history-store.ts";
import { type RunOnDatabase } from "./request-store.ts";

/** The history in PostgreSQL, embedded or not. */
export function sqlHistory(run: RunOnDatabase): HistoryStore {
  const [writer, reader] = [new SqlEventIndex(run, marketEvents), new HistoryReader(run)];
  return {
    checkpoint: () => writer.checkpoint(),
    begin: (origin) => writer.begin(origin),
    knownBlocks: (atMost, limit) => writer.knownBlocks(atMost, limit),
    append: (batch) => writer.append(batch),
    drop: (cut, limit) => writer.drop(cut, limit),
    leases: (query, depth) => reader.leases(query, depth),
    leaseHistory: (lid, query, depth) => reader.leaseHistory(lid, query, depth),
    earnings: (query, depth) => reader.earnings(query, depth),
  };
}
