/**
 * An agent's stores as a process of its own, to be killed: `node state-writer-process.ts <data directory> …`.
 * In each directory some lanes write as fast as they can, each to a lease of its own, and say on stdout, at once, what they
 * try (`try <directory> <lane> <step>`) and what is durable (`kept …`, `told …` for events that can be read).
 */
import { writeSync } from "node:fs";
import { SqliteJournal } from "../../../node-agent/src/store/sqlite-journal.ts";
import { SqliteLeases } from "../../../node-agent/src/store/sqlite-leases.ts";
import { SqlitePulses } from "../../../node-agent/src/store/sqlite-pulses.ts";
import { StateDatabase } from "../../../node-agent/src/store/state-database.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { hashOf, storedLease } from "./builders.ts";
import { silentLog as log } from "./silent-log.ts";
import { OPERATOR_KEY } from "./state.ts";
import { LANES, leaseOfLane } from "./state-lanes.ts";
import { storedManifest } from "./stored-manifest.ts";

function say(...words: (string | number)[]): void {
  writeSync(1, `${words.join(" ")}\n`);
}

async function write(directory: string): Promise<void> {
  const database = await StateDatabase.open(
    { clock, log },
    { dataDir: directory, operatorKey: OPERATOR_KEY },
  );
  const stores = {
    store: new SqliteLeases({ database, clock }),
    journal: new SqliteJournal({ database, clock, log }),
    pulses: new SqlitePulses({ database, log }),
  };
  await stores.store.start();
  stores.journal.start();
  await Promise.all(
    Array.from({ length: LANES }, async (_, lane) => {
      await writeLane(directory, lane, stores);
    }),
  );
}

async function writeLane(
  directory: string,
  lane: number,
  {
    store,
    journal,
    pulses,
  }: { readonly store: SqliteLeases; readonly journal: SqliteJournal; readonly pulses: SqlitePulses },
): Promise<void> {
  const leaseHash = leaseOfLane(lane);
  const never = new AbortController().signal;
  const first = (store.find(leaseHash)?.missingSince ?? 0) + 1;
  for (let step = first; ; step += 1) {
    say("try", directory, lane, step);
    journal.append(leaseHash, { code: "container.exited", message: String(step) });
    const leaseRoot = hashOf(String(step % 7));
    const pulse = { nodeId: 7n, subnetId: 1, at: step, leases: 1, leaseRoot };
    pulses.append({ pulse, nodeSignature: "0x01", gatewaySignature: "0x02", leaseHashes: [leaseHash] });
    const lease = storedLease({ leaseHash, missingSince: step, manifests: [storedManifest(step)] });
    await store.save(lease);
    say("kept", directory, lane, step);
    const newest = journal.read(leaseHash, 0).at(-1)?.cursor ?? 0;
    say("told", directory, lane, newest);
    await store.saveQuoteKey({ nonce: BigInt(lane), privateKey: hashOf(String(step)), keepUntil: 2 ** 48 });
    if (step % 50 === 0) await journal.wait(leaseHash, newest - 1, never);
  }
}

await Promise.all(process.argv.slice(2).map(write));
