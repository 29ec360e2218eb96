import { expect } from "chai";
import { type RoundEvent } from "../../relayer/src/domain/node-rounds.ts";
import { type RoundsStore } from "../../relayer/src/rounds-ports.ts";
import { pgliteEngine } from "../../relayer/src/store/pglite-engine.ts";
import { postgresEngine } from "../../relayer/src/store/postgres-engine.ts";
import { type SqlEngine } from "../../relayer/src/store/sql-engine.ts";
import { SqlStore } from "../../relayer/src/store/sql-store.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { memoryLogger } from "../relayer/support/builders.ts";
import { blockHash, ORIGIN } from "../relayer/support/history-events.ts";
import {
  answeredEvent,
  FAULT,
  finalisedEvent,
  postedEvent,
  timeOf,
  verdictEvent,
} from "../relayer/support/round-events.ts";
import { canFetchPrograms } from "../support/can-fetch-programs.ts";
import { startPostgresServer } from "../support/postgres-server.ts";

const ELSEWHERE = { subnetId: "9" };

for (const engine of ["PGlite", "PostgreSQL"])
  describe(`RoundsStore on ${engine}`, function () {
    this.timeout(300_000);
    const cleanup = new Cleanup();
    let open: () => SqlEngine;
    let whole: SqlStore;
    let store: RoundsStore;
    before(async function () {
      if (engine === "PostgreSQL" && !canFetchPrograms()) this.skip();
      open = await (engine === "PGlite" ? embedded(cleanup) : onServer(cleanup));
      await start();
    });
    after(() => cleanup.stop());

    it("reads nothing before it has begun", async () => {
      expect(await store.read(1)).to.equal(undefined);
      expect(await store.checkpoint()).to.equal(undefined);
    });

    it("tells of a subnet the newest root and count, all that is of nodes, and convictions elsewhere", async () => {
      await store.begin(ORIGIN);
      const [answered, convicted] = [
        answeredEvent(7, 4, { block: 3 }),
        verdictEvent(FAULT.falseCapacity, { nodeId: 7, round: 4 }, { block: 5 }),
      ];
      const abroad = verdictEvent(FAULT.falseCapacity, { nodeId: 8, round: 4, ...ELSEWHERE }, { block: 6 });
      const voided = verdictEvent(
        FAULT.falseRoot,
        { nodeId: 8, round: 4, ...ELSEWHERE },
        { block: 6, logIndex: 1 },
      );
      const newest = postedEvent(4, { block: 4 });
      const counted = finalisedEvent(2, { block: 7 });
      await append([
        ...[postedEvent(3, { block: 1 }), postedEvent(9, { block: 2 }, ELSEWHERE), answered, newest],
        ...[convicted, abroad, voided, counted, finalisedEvent(1, { block: 8 })],
      ]);
      const reading = await store.read(1);
      expect(reading).to.deep.include({ block: 8n, head: 8n, since: 0 });
      expect(reading?.events).to.deep.equal([answered, convicted, abroad, newest, counted]);
      expect((await store.read(9))?.events.map(({ event }) => event)).to.deep.equal([
        ...["VerdictReached", "VerdictReached", "VerdictReached", "RootPosted"],
      ]);
    });

    it("has another revision whenever an event came or went, and the same after an empty block", async () => {
      const before = await store.revision();
      await append([], 9n);
      expect(await store.revision()).to.equal(before);
      await append([postedEvent(5, { block: 10 })]);
      const posted = await store.revision();
      expect(posted).to.be.above(before);
      expect((await store.read(1))?.revision).to.equal(posted);
    });

    it("takes back what is above a fork", async () => {
      const [at, revision] = [await checkpoint(), await store.revision()];
      const fork = { number: 4n, hash: blockHash(4n) };
      const other = postedEvent(5, { block: 11, branch: 1 });
      const blocks = [{ number: 11n, hash: other.blockHash, time: other.time }];
      expect(await store.append({ expected: at, fork, blocks, events: [other], head: 11n })).to.equal(true);
      const reading = await store.read(1);
      expect(reading?.events.map(({ event }) => event)).to.deep.equal(["AnsweredDirectly", "RootPosted"]);
      expect(reading?.events.at(-1)).to.deep.equal(other);
      expect(reading?.revision).to.be.above(revision);
      expect((await checkpoint()).events).to.equal(5);
      expect((await store.knownBlocks(100n, 1))[0]).to.deep.equal({ number: 11n, hash: other.blockHash });
    });

    it("writes only where it stands as expected", async () => {
      const expected = { number: 3n, hash: blockHash(3n) };
      const [event, revision] = [postedEvent(6, { block: 12 }), await store.revision()];
      const blocks = [{ number: 12n, hash: event.blockHash, time: event.time }];
      const batch = { expected, fork: expected, blocks, events: [event], head: 12n };
      expect(await store.append(batch)).to.equal(false);
      expect(await store.revision()).to.equal(revision);
    });

    it("drops the oldest, no further than a block, and says since when it is complete", async () => {
      expect(await store.drop({ before: timeOf(2), upTo: 100n }, 100)).to.equal(1);
      expect((await store.read(1))?.since).to.equal(timeOf(1) + 1);
      expect(await store.drop({ before: undefined, upTo: 4n }, 2)).to.equal(2);
      expect(await store.drop({ before: undefined, upTo: 4n }, 2)).to.equal(1);
      expect(await store.drop({ before: undefined, upTo: 4n }, 2)).to.equal(0);
      const reading = await store.read(1);
      expect(reading?.events.map(({ block }) => block)).to.deep.equal([11n]);
      expect(reading?.since).to.equal(timeOf(4) + 1);
      expect(await checkpoint()).to.deep.include({ events: 1, droppedBlock: 4n });
    });

    it("survives a restart", async () => {
      const before = await store.read(1);
      await whole.stop();
      await start();
      expect(await store.read(1)).to.deep.equal(before);
    });

    it("comes to a store of an older version, beside what is there, and is filled from its beginning", async () => {
      const history = whole.history();
      await history.begin(ORIGIN);
      for (const table of ["rounds_state", "rounds_blocks", "rounds_events", "rounds_revision"])
        await whole.run((database) => database.execute(`DROP TABLE ${table}`));
      await whole.run((database) => database.execute("DELETE FROM fizz_migrations WHERE id = 10"));
      await whole.stop();
      await start();
      expect(await whole.history().checkpoint()).to.deep.include({ number: ORIGIN.after.number });
      expect(await store.checkpoint()).to.equal(undefined);
      await store.begin(ORIGIN);
      await append([postedEvent(1, { block: 1 })]);
      expect((await store.read(1))?.events).to.have.lengthOf(1);
    });

    async function start(): Promise<void> {
      whole = new SqlStore(open());
      await whole.start();
      cleanup.use("store", whole);
      store = whole.rounds();
    }

    async function checkpoint() {
      const at = await store.checkpoint();
      if (at === undefined) throw new Error("It has not begun.");
      return at;
    }

    async function append(events: readonly RoundEvent[], upTo = events.at(-1)?.block ?? 0n): Promise<void> {
      const at = await checkpoint();
      const numbers = [...new Set([...events.map(({ block }) => block), upTo])];
      const blocks = numbers.map((number) => ({
        number,
        hash: blockHash(number),
        time: timeOf(Number(number)),
      }));
      const batch = { expected: at, fork: at, blocks, events, head: upTo };
      expect(await store.append(batch)).to.equal(true);
    }
  });

async function embedded(cleanup: Cleanup): Promise<() => SqlEngine> {
  const folder = cleanup.use("folder", await createTempDir("rounds"));
  return () => pgliteEngine(folder.path);
}

async function onServer(cleanup: Cleanup): Promise<() => SqlEngine> {
  const server = cleanup.use("postgres", await startPostgresServer());
  const folder = cleanup.use("folder", await createTempDir("rounds"));
  const url = await server.database();
  return () => postgresEngine({ url, directory: folder.path, logger: memoryLogger() });
}
