import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { canFetchPrograms } from "../../support/can-fetch-programs.ts";
import { Random } from "../../support/fuzz/random.ts";
import { startPostgresServer } from "../../support/postgres-server.ts";
import { ORIGIN } from "./history-events.ts";
import { HISTORY_BATCHES, historyScript } from "./history-script.ts";
import { openHistoryStore, type StorePlace } from "./history-store-at.ts";

const WRITER = fileURLToPath(new URL("./history-writer-process.ts", import.meta.url));
/** A batch of 200 events takes about as long. */
const MAX_DELAY_MS = 25;
const SEED = Number(process.env["FIZZ_HISTORY_SEED"] ?? Date.now() % 1_000_000);

/** On each database: a process that writes is killed so many times, and what it leaves is as if it had not been. */
export function describeHistoryKills(kills: number): void {
  for (const engine of ["PostgreSQL", "PGlite"])
    describe(`a process that writes the history into ${engine}`, function () {
      this.timeout(300_000);
      const cleanup = new Cleanup();
      before(function () {
        if (engine === "PostgreSQL" && !canFetchPrograms()) this.skip();
      });
      after(() => cleanup.stop());

      it("leaves the history of one that was not disturbed, wherever it is killed", async () => {
        const seed = `FIZZ_HISTORY_SEED=${SEED}`;
        const random = new Random(SEED);
        const place = await placeOf();
        const apart = Math.floor(HISTORY_BATCHES / kills);
        let last = -1;
        let [lost, kept] = [0, 0];
        for (let kill = 0; kill < kills; kill += 1) {
          const at = kill * apart + random.below(apart);
          const told = await write(place, { at, delayMs: random.below(MAX_DELAY_MS) });
          if (kill > 0) expect(told.first - last, `${seed}: where it goes on`).to.be.oneOf([0, 1]);
          if (kill > 0 && told.first === last) lost += 1;
          else kept += 1;
          expect(told.last, `${seed}: killed at a batch, not before`).to.be.at.least(at);
          ({ last } = told);
        }
        await write(place);
        const killed = await openHistoryStore(place);
        const found = await killed.dump();
        await killed.stop();
        expect(found, seed).to.deep.equal(await undisturbed());
        process.stdout.write(`      ${seed}: killed ${kills} times, ${lost} batches lost and ${kept} kept\n`);
      });

      async function placeOf(): Promise<StorePlace> {
        const folder = cleanup.use("folder", await createTempDir("history-kill")).path;
        if (engine === "PGlite") return { folder };
        return { folder, url: await cleanup.use("postgres", await startPostgresServer()).database() };
      }
    });
}

/** Runs it to its end, or kills it so long after it has told that a batch begins. @returns The batches it told. */
async function write(
  place: StorePlace,
  kill?: { readonly at: number; readonly delayMs: number },
): Promise<{ readonly first: number; readonly last: number }> {
  const child = spawn(process.execPath, [WRITER, JSON.stringify(place), String(SEED)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", resolve));
  const told: number[] = [];
  let isDone = false;
  for await (const line of createInterface({ input: child.stdout })) {
    isDone ||= line === "done";
    if (isDone) continue;
    told.push(Number(line));
    // What it told before it could be killed comes after.
    if (kill !== undefined && Number(line) === Math.max(kill.at, told[0] ?? 0))
      setTimeout(() => child.kill("SIGKILL"), kill.delayMs);
  }
  await ended;
  if (kill === undefined) expect(isDone, "it ends").to.equal(true);
  else expect(child.signalCode, "it was killed").to.equal("SIGKILL");
  return { first: told[0] ?? 0, last: told.at(-1) ?? 0 };
}

async function undisturbed(): Promise<string[]> {
  const calm = await openHistoryStore({});
  const store = calm.history();
  await store.begin(ORIGIN);
  for (const batch of historyScript(SEED)) expect(await store.append(batch)).to.equal(true);
  const rows = await calm.dump();
  await calm.stop();
  return rows;
}
