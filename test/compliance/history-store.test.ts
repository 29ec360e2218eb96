import {
  earningsQuerySchema,
  leaseHistoryQuerySchema,
  leasesQuerySchema,
  type LeasesQueryText,
} from "@fizz/protocol/messages";
import { expect } from "chai";
import { type MarketEvent } from "../../relayer/src/domain/lease-fold.ts";
import { type HistoryStore } from "../../relayer/src/history-ports.ts";
import { postgresEngine } from "../../relayer/src/store/postgres-engine.ts";
import { SqlStore } from "../../relayer/src/store/sql-store.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { memoryLogger } from "../relayer/support/builders.ts";
import {
  blockHash,
  closedEvent,
  DAY,
  marketEvent,
  MIDNIGHT,
  openedEvent,
  ORIGIN,
  settledEvent,
  startedEvent,
  TENANT,
} from "../relayer/support/history-events.ts";
import { canFetchPrograms } from "../support/can-fetch-programs.ts";
import { codeOf } from "../support/code-of.ts";
import { startPostgresServer } from "../support/postgres-server.ts";
import { temporaryEngine } from "../relayer/support/temporary-engine.ts";

const DEPTH = 2n;

for (const engine of ["PGlite", "PostgreSQL"])
  describe(`HistoryStore on ${engine}`, function () {
    this.timeout(120_000);
    const cleanup = new Cleanup();
    let store: HistoryStore;
    before(async function () {
      if (engine === "PostgreSQL" && !canFetchPrograms()) this.skip();
      const whole = new SqlStore(engine === "PGlite" ? temporaryEngine() : await onServer(cleanup));
      await whole.start();
      cleanup.use("store", whole);
      store = whole.history();
    });
    after(() => cleanup.stop());

    it("answers nothing before it has begun", async () => {
      expect(await store.checkpoint()).to.equal(undefined);
      expect(await codeOf(store.leases(leases(), DEPTH))).to.equal("HISTORY_NOT_READY");
    });

    it("tells a lease, its events and what it earned, each with its place and whether it is final", async () => {
      await store.begin(ORIGIN);
      await append([
        openedEvent(1, { block: 1n }),
        startedEvent(1, { block: 2n }),
        settledEvent(1, { block: 150n }),
        settledEvent(1, { block: 151n }, 200),
        marketEvent("EarningsCollected", { block: 152n }, collected("1", "255")),
      ]);
      const { leases: found, asOf } = await store.leases(leases({ tenant: TENANT.toLowerCase() }), DEPTH);
      expect(asOf).to.deep.include({
        block: 152n,
        blockHash: blockHash(152n),
        finalBlock: 150n,
        afterBlock: 0n,
      });
      expect(found).to.have.lengthOf(1);
      expect(found[0]).to.deep.include({
        ...{
          lid: 1n,
          state: "active",
          startedAt: 77,
          locked: 1_000n,
          paid: 300n,
          toNode: 255n,
          balance: 700n,
        },
      });
      expect(found[0]?.opened).to.deep.include({ block: 1n, final: true });
      expect(found[0]?.last).to.deep.include({ block: 151n, final: false });
      const { events } = await store.leaseHistory(1n, events_(), DEPTH);
      expect(events.map(({ event, final }) => [event, final])).to.deep.equal([
        ["LeaseOpened", true],
        ["LeaseStarted", true],
        ["LeaseSettled", true],
        ["LeaseSettled", false],
      ]);
      const { days } = await store.earnings(earnings({ nodeId: "1" }), DEPTH);
      expect(days).to.have.lengthOf(1);
      expect(days[0]).to.deep.include({
        ...{ day: "2026-11-02", released: 255n, collected: 255n, settlements: 2, protocol: null },
      });
      expect(days[0]?.last).to.deep.include({ block: 152n, final: false });
      const ofSubnet = await store.earnings(earnings({ subnetId: "1" }), DEPTH);
      expect(ofSubnet.days[0]).to.deep.include({ released: 30n, collected: 0n });
      expect(ofSubnet.days[0]?.protocol).to.deep.equal({ released: 15n, collected: 0n });
    });

    it("writes only where the history stands as expected, and then all of it", async () => {
      const expected = { number: 151n, hash: blockHash(151n) };
      const event = openedEvent(9, { block: 153n });
      const batch = { expected, fork: expected, blocks: [block(153n)], events: [event], head: 153n };
      expect(await store.append(batch)).to.equal(false);
      expect((await store.checkpoint())?.number).to.equal(152n);
      expect(await codeOf(store.leaseHistory(9n, events_(), DEPTH))).to.equal("LEASE_NOT_FOUND");
      const twice = [event, event];
      const at = { number: 152n, hash: blockHash(152n) };
      const broken = { expected: at, fork: at, blocks: [block(153n)], events: twice, head: 153n };
      expect(await codeOf(store.append(broken))).to.equal("STORE_FAILED");
      expect((await store.checkpoint())?.number).to.equal(152n);
      expect(await codeOf(store.leaseHistory(9n, events_(), DEPTH))).to.equal("LEASE_NOT_FOUND");
    });

    it("leaves out what is of a lease that it does not know", async () => {
      const before = (await store.checkpoint())?.events;
      await append([startedEvent(77, { block: 153n }), settledEvent(77, { block: 153n, logIndex: 1 })]);
      expect((await store.checkpoint())?.events).to.equal(before);
    });

    it("takes back what is above a fork: leases become what is left of them, and one that was opened there is gone", async () => {
      await append([
        openedEvent(2, { block: 160n }),
        settledEvent(1, { block: 161n }),
        closedEvent(1, { block: 162n }, 600),
      ]);
      const cursor = await secondPageCursor();
      const expected = { number: 162n, hash: blockHash(162n) };
      const fork = { number: 153n, hash: blockHash(153n) };
      const other = openedEvent(2, { block: 161n, branch: 1 }, { leaseHash: blockHash(5n, 9) });
      const blocks = [block(161n, 1), block(163n, 1)];
      expect(await store.append({ expected, fork, blocks, events: [other], head: 163n })).to.equal(true);
      const { lease } = await store.leaseHistory(1n, events_(), DEPTH);
      expect(lease).to.deep.include({ state: "active", paid: 300n, balance: 700n, closedAt: null });
      expect(lease.last).to.deep.include({ block: 151n });
      const second = await store.leaseHistory(2n, events_(), DEPTH);
      expect(second.lease.leaseHash).to.equal(blockHash(5n, 9));
      expect(second.events).to.have.lengthOf(1);
      expect(second.events[0]?.blockHash).to.equal(blockHash(161n, 1));
      const known = await store.knownBlocks(1_000n, 100);
      expect(known[0]).to.deep.equal({ number: 163n, hash: blockHash(163n, 1) });
      expect(known.some(({ hash }) => hash === blockHash(160n))).to.equal(false);
      expect(await codeOf(store.leaseHistory(1n, events_({ cursor }), DEPTH))).to.equal("HISTORY_MOVED");
      const earned = await store.earnings(earnings({ nodeId: "1" }), DEPTH);
      expect(earned.days.map(({ settlements }) => settlements)).to.deep.equal([2]);
    });

    it("pages leases, events and days to their end, each once", async () => {
      const opened = Array.from({ length: 25 }, (_, at) =>
        openedEvent(100 + at, { block: 200n + BigInt(at) }),
      );
      const paid = Array.from({ length: 25 }, (_, at) =>
        settledEvent(100, { block: 300n + BigInt(at), time: MIDNIGHT + (10 + at) * DAY }, 20),
      );
      await append([...opened, ...paid]);
      const lids = await all(
        (cursor) => store.leases(leases({ limit: "10", cursor }), DEPTH),
        ({ leases }) => leases,
      );
      expect(lids.map(({ lid }) => lid)).to.deep.equal([...opened.map((_, at) => 124n - BigInt(at)), 2n, 1n]);
      const events = await all(
        (cursor) => store.leaseHistory(100n, events_({ limit: "7", cursor }), DEPTH),
        (page) => page.events,
      );
      expect(events.map(({ block }) => block)).to.deep.equal([200n, ...paid.map(({ block }) => block)]);
      const days = await all(
        (cursor) => store.earnings(earnings({ nodeId: "1", limit: "4", cursor }), DEPTH),
        (page) => page.days,
      );
      expect(days).to.have.lengthOf(26);
      expect(days.reduce((sum, { released }) => sum + released, 0n)).to.equal(25n * 17n + 255n);
      expect(await codeOf(store.leases(leases({ cursor: "nonsense" }), DEPTH))).to.equal("INPUT_INVALID");
    });

    it("filters by node, subnet and state", async () => {
      await append([
        openedEvent(200, { block: 400n }, { nodeId: "7", subnetId: "3" }),
        openedEvent(201, { block: 401n }, { nodeId: "7" }),
        startedEvent(201, { block: 402n }),
      ]);
      const lidsOf = async (query: Parameters<typeof leases>[0]): Promise<bigint[]> =>
        (await store.leases(leases(query), DEPTH)).leases.map(({ lid }) => lid);
      expect(await lidsOf({ nodeId: "7" })).to.deep.equal([201n, 200n]);
      expect(await lidsOf({ nodeId: "7", state: "active" })).to.deep.equal([201n]);
      expect(await lidsOf({ subnetId: "3" })).to.deep.equal([200n]);
      expect(await lidsOf({ nodeId: "8" })).to.deep.equal([]);
    });

    it("drops leases that are over, whole, the oldest first, and says since when it is complete", async () => {
      await store.begin(ORIGIN);
      await append([
        openedEvent(1, { block: 1n }),
        closedEvent(1, { block: 2n }, 1_000),
        openedEvent(2, { block: 3n }),
        closedEvent(2, { block: 4n }, 1_000),
        openedEvent(3, { block: 5n }),
        closedEvent(3, { block: 6n }, 400),
        openedEvent(4, { block: 7n }),
        closedEvent(4, { block: 8n }, 1_000),
        marketEvent("EarningsCollected", { block: 8n, logIndex: 1 }, collected("1", "5")),
      ]);
      const cut = { before: undefined, upTo: 7n };
      expect(await store.drop(cut, 1)).to.equal(1);
      expect(await store.checkpoint()).to.deep.include({
        ...{ events: 7, completeSince: MIDNIGHT + 2 * 600 + 1, droppedBlock: 2n },
      });
      expect(await store.drop(cut, 100), "3 has money in it, 4 is too new").to.equal(1);
      expect(await lids()).to.deep.equal([4n, 3n]);
      expect(await store.drop(cut, 100)).to.equal(0);
      const { days } = await store.earnings(earnings({ nodeId: "1" }), DEPTH);
      expect(days, "a day of which something may be missing is not told").to.deep.equal([]);
    });

    async function append(events: readonly MarketEvent[]): Promise<void> {
      const at = await store.checkpoint();
      const last = events.at(-1);
      if (at === undefined || last === undefined) throw new Error("nothing to stand on");
      const numbers = [...new Set(events.map((event) => event.block))];
      const blocks = numbers.map((number) => block(number));
      const batch = { expected: at, fork: at, blocks, events, head: last.block };
      expect(await store.append(batch)).to.equal(true);
    }

    async function lids(): Promise<bigint[]> {
      return (await store.leases(leases(), DEPTH)).leases.map(({ lid }) => lid);
    }

    async function secondPageCursor(): Promise<string> {
      const { nextCursor } = await store.leaseHistory(1n, events_({ limit: "5" }), DEPTH);
      return nextCursor ?? "";
    }
  });

function leases(query: LeasesQueryText = {}) {
  return leasesQuerySchema.parse(query);
}

function events_(query: object = {}) {
  return leaseHistoryQuerySchema.parse(query);
}

function earnings(query: object) {
  return earningsQuerySchema.parse(query);
}

function collected(nodeId: string, amount: string) {
  return { nodeId, subnetId: "1", token: `0x${"0".repeat(40)}`, owner: TENANT, amount };
}

function block(number: bigint, branch = 0) {
  return { number, hash: blockHash(number, branch), time: MIDNIGHT + Number(number) * 600 };
}

async function all<Page extends { readonly nextCursor: string | null }, Row>(
  read: (cursor: string | undefined) => Promise<Page>,
  rowsOf: (page: Page) => readonly Row[],
): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    rows.push(...rowsOf(page));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

async function onServer(cleanup: Cleanup) {
  const server = cleanup.use("postgres", await startPostgresServer());
  const folder = cleanup.use("folder", await createTempDir("history"));
  return postgresEngine({ url: await server.database(), directory: folder.path, logger: memoryLogger() });
}
