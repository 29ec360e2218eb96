import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { SqliteJournal } from "../../../node-agent/src/store/sqlite-journal.ts";
import { SqliteLeases } from "../../../node-agent/src/store/sqlite-leases.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { StateFolder } from "../support/state.ts";
import { LANES, leaseOfLane } from "../support/state-lanes.ts";

const WRITER = inRoot("test/node-agent/support/state-writer-process.ts");
/** States that one process writes, and kills of such a process: 50 states that a kill left. */
const FOLDERS = 5;
const KILLS = 10;
/** Latest kill after the first write, in milliseconds. */
const LATEST_MS = 300;

/** What a lane said: the last step that it tried, that was durable, and the newest event that could be read. */
interface Said {
  tried: number;
  kept: number;
  told: number;
}

describe("the state of an agent that is killed", function () {
  this.timeout(180_000);
  const seed = Number(process.env["FIZZ_TEST_SEED"] ?? Date.now() % 100_000);
  const folders: StateFolder[] = [];
  before(async () => {
    for (let index = 0; index < FOLDERS; index += 1) folders.push(await StateFolder.make());
  });
  after(async () => {
    for (const folder of folders) await folder.remove();
  });

  it(`opens, has all that was durable, and nothing half (FIZZ_TEST_SEED=${seed})`, async () => {
    const said = new Map<string, Said>();
    let written = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      // The first kills come while the states are made.
      const where = `seed ${seed}, kill ${kill}`;
      await writeUntilKilled(said, { isEarly: kill < 2, waitMs: pauseOf(seed, kill) });
      await Promise.all(folders.map((folder) => check(folder, said, where)));
      written = [...said.values()].reduce((sum, { kept }) => sum + kept, 0);
    }
    expect(written, "something was written").to.be.greaterThan(KILLS * FOLDERS);
  });

  async function writeUntilKilled(
    said: Map<string, Said>,
    { isEarly, waitMs }: { readonly isEarly: boolean; readonly waitMs: number },
  ): Promise<void> {
    const argv = [WRITER, ...folders.map(({ path }) => path)];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    const begun = Promise.withResolvers<undefined>();
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      begun.resolve(undefined);
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    if (!isEarly) await Promise.race([begun.promise, ended]);
    await delay(isEarly ? waitMs + LATEST_MS : waitMs);
    expect(child.kill("SIGKILL"), "the writer ended by itself").to.equal(true);
    await ended;
    expect(child.signalCode).to.equal("SIGKILL");
    for (const line of text.split("\n").slice(0, -1)) note(said, line);
  }

  function note(said: Map<string, Said>, line: string): void {
    const [what, directory, lane, number] = line.split(" ");
    const key = `${directory} ${lane}`;
    const known = said.get(key) ?? { tried: 0, kept: 0, told: 0 };
    const field = { try: "tried", kept: "kept", told: "told" }[what ?? ""] as keyof Said;
    said.set(key, { ...known, [field]: Number(number) });
  }

  async function check(folder: StateFolder, said: Map<string, Said>, where: string): Promise<void> {
    const database = await folder.open();
    const [store, journal] = [
      new SqliteLeases({ database, clock }),
      new SqliteJournal({ database, clock, log }),
    ];
    await store.start();
    journal.start();
    for (let lane = 0; lane < LANES; lane += 1) {
      const { tried, kept, told } = said.get(`${folder.path} ${lane}`) ?? { tried: 0, kept: 0, told: 0 };
      const lease = store.find(leaseOfLane(lane));
      const step = lease?.missingSince ?? 0;
      const events = journal.read(leaseOfLane(lane), 0);
      expect(step, `${where}: a lease`).to.be.within(kept, tried);
      const versions = lease?.manifests.map(({ delivery }) => delivery.version) ?? [];
      expect(versions, `${where}: its manifest`).to.deep.equal(step === 0 ? [] : [step]);
      expect(events.at(-1)?.cursor ?? 0, `${where}: events that were told`).to.be.at.least(told);
      // An event is asked for before its step, and so is there when the step is.
      expect(Number(events.at(-1)?.message ?? 0), `${where}: events`).to.be.within(step, tried);
      const cursors = events.map(({ cursor }) => cursor);
      expect(cursors, `${where}: numbers`).to.deep.equal(
        cursors.map((_, index) => (cursors[0] ?? 0) + index),
      );
    }
    const [counts] = database.rows(
      "SELECT count(*) AS pulses, count(s.root) AS sets FROM pulses p LEFT JOIN lease_sets s USING (root)",
    );
    expect(counts?.["pulses"], `${where}: pulses`).to.equal(counts?.["sets"]);
    await folder.close();
  }
});

/** Milliseconds: the same for the same seed, though not the same place in the work. */
function pauseOf(seed: number, kill: number): number {
  const mixed = Math.imul(seed * 31 + kill + 1, 0x9e3779b1) >>> 0;
  return (mixed / 2 ** 32) * LATEST_MS;
}
