import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LeaseDoors, type Store, type StoredDelivery } from "../../relayer/src/ports.ts";
import { MIGRATIONS } from "../../relayer/src/store/migrations.ts";
import { pgliteEngine } from "../../relayer/src/store/pglite-engine.ts";
import { type Channel } from "../../relayer/src/store/channels.ts";
import { postgresEngine } from "../../relayer/src/store/postgres-engine.ts";
import { SqlStore } from "../../relayer/src/store/sql-store.ts";
import { delivery, hash, memoryLogger } from "../relayer/support/builders.ts";
import { MemoryStore } from "../relayer/support/memory-store.ts";
import { canFetchPrograms } from "../support/can-fetch-programs.ts";
import { codeOf } from "../support/code-of.ts";
import { type PostgresServer, query, startPostgresServer } from "../support/postgres-server.ts";
import { until } from "../support/until.ts";
import { temporaryEngine } from "../relayer/support/temporary-engine.ts";

const postgres = { server: undefined as PostgresServer | undefined };
const folders: string[] = [];

const stores: Record<string, () => Store | Promise<Store>> = {
  MemoryStore: () => new MemoryStore(),
  "SqlStore on PGlite": () => new SqlStore(temporaryEngine()),
  "SqlStore on PostgreSQL": async () => postgresStore(await newDatabase()),
};

before(async function () {
  this.timeout(300_000);
  if (canFetchPrograms()) postgres.server = await startPostgresServer();
});
after(async () => {
  await postgres.server?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

for (const [name, create] of Object.entries(stores))
  describe(`Store: ${name}`, () => {
    let store: Store;
    // One database for the suite: starting one takes a second, and every test has leases of its own.
    before(async function () {
      if (name.endsWith("PostgreSQL") && postgres.server === undefined) this.skip();
      store = await create();
      await store.start();
    });
    after(async () => {
      await (store as Store | undefined)?.stop();
    });

    it("gives doors back as they were saved, in order", async () => {
      const doors = leaseDoors(1, [40_001, 40_000]);
      await store.saveDoors(doors);
      expect(await doorsOf(doors)).to.deep.equal(doors);
    });

    it("replaces the doors and the state of a lease", async () => {
      await store.saveDoors(leaseDoors(2, [41_000, 41_001]));
      const later = { ...leaseDoors(2, [41_001]), lastState: "closed" as const, lid: 77n };
      await store.saveDoors(later);
      expect(await doorsOf(later)).to.deep.equal(later);
    });

    it("forgets the doors of a lease that is over, and does not mind a second time", async () => {
      const doors = leaseDoors(3, [42_000]);
      await store.saveDoors(doors);
      await store.removeDoors(doors.leaseHash);
      await store.removeDoors(doors.leaseHash);
      expect(await doorsOf(doors)).to.equal(undefined);
      await store.saveDoors(leaseDoors(4, [42_000]));
    });

    it("changes the state of a lease that has doors, and of no other", async () => {
      const doors = leaseDoors(7, [42_500]);
      await store.saveDoors(doors);
      await store.saveState(doors.leaseHash, "reclaiming");
      expect(await doorsOf(doors)).to.deep.equal({ ...doors, lastState: "reclaiming" });
      await store.saveState(hash(0x77), "active");
      expect((await store.allDoors()).some(({ leaseHash }) => leaseHash === hash(0x77))).to.equal(false);
    });

    it("says when another lease has the number", async () => {
      await store.saveDoors(leaseDoors(9, [44_000]));
      const error = await store
        .saveDoors(leaseDoors(10, [44_001, 44_000]))
        .catch((failure: unknown) => failure);
      expect(error).to.deep.include({ code: "STORE_FAILED", details: { taken: true } });
      expect(await doorsOf(leaseDoors(10, []))).to.equal(undefined);
    });

    it("tells which leases have other doors than before", async function () {
      if (!(store instanceof SqlStore)) this.skip();
      const [kept, changed] = [leaseDoors(11, [45_000]), leaseDoors(12, [45_001])];
      await store.saveDoors(kept);
      await store.saveDoors(changed);
      const before = await store.doorRevisions();
      const later = { ...changed, doors: leaseDoors(12, [45_002]).doors };
      await store.saveDoors(later);
      await store.saveState(kept.leaseHash, "reclaiming");
      const after = await store.doorRevisions();
      const moved = [...after.keys()].filter((key) => before.get(key) !== after.get(key));
      expect(moved).to.deep.equal([changed.leaseHash]);
      expect(await store.doorsOf(moved)).to.deep.equal([later]);
      expect(await store.doorsOf([hash(0x78)])).to.deep.equal([]);
    });

    it("gives routes and claims of host names back, and replaces them", async () => {
      const options = {
        maxBodySize: 1,
        readTimeoutMs: 2,
        sendTimeoutMs: 3,
        nextTries: 4,
        nextTimeoutMs: 5,
        nextCases: ["error"],
      };
      const route = { scheme: "https" as const, accept: ["*.acme.test", "acme.test"], options };
      const door = { service: "web", replica: 1, port: 80, protocol: "tcp" as const, wish: 443, route };
      const claims = ["*.acme.test", "acme.test"].map((name, index) => ({ name, since: 7 + index }));
      const routed = { ...leaseDoors(6, [43_000]), routes: [door, { ...door, replica: 0 }], claims };
      await store.saveDoors(routed);
      expect(await doorsOf(routed)).to.deep.equal(routed);
      const later = { ...routed, routes: [door], claims: claims.slice(1) };
      await store.saveDoors(later);
      expect(await doorsOf(later)).to.deep.equal(later);
      await store.removeDoors(routed.leaseHash);
      await store.saveDoors({ ...leaseDoors(8, []), claims });
      await store.removeDoors(leaseDoors(8, []).leaseHash);
    });

    it("keeps a lease without doors", async () => {
      const none = leaseDoors(5, []);
      await store.saveDoors(none);
      expect(await doorsOf(none)).to.deep.equal(none);
    });

    it("keeps deliveries of a node, oldest first, the same one once", async () => {
      const first = stored("a", 10n, 2);
      const second = stored("b", 10n, 1);
      for (const entry of [first, second, first]) await store.addDelivery(entry, 4);
      await store.addDelivery(stored("c", 11n, 3), 4);
      expect(await store.deliveriesOf(10n)).to.deep.equal([second, first]);
    });

    it("keeps only the newest deliveries of one lease and version", async () => {
      for (const at of [1, 2, 3, 4]) await store.addDelivery(stored(`keep${at}`, 12n, at), 2);
      expect((await store.deliveriesOf(12n)).map(({ id }) => id)).to.deep.equal(["keep3", "keep4"]);
    });

    it("counts and removes deliveries", async () => {
      const before = await store.countDeliveries();
      await store.addDelivery(stored("once", 13n, 1), 4);
      expect(await store.countDeliveries()).to.equal(before + 1);
      await store.removeDelivery("once");
      expect(await store.countDeliveries()).to.equal(before);
    });

    it("tells all deliveries in parts, by their ids", async () => {
      const ids = ["part-a", "part-b", "part-c"];
      for (const [at, id] of ids.entries()) await store.addDelivery(stored(id, 15n + BigInt(at), at + 1), 4);
      const first = await store.deliveriesAfter("part-", 2);
      expect(first.map(({ id }) => id)).to.deep.equal(["part-a", "part-b"]);
      expect(first[1]).to.deep.equal(stored("part-b", 16n, 2));
      const second = await store.deliveriesAfter("part-b", 1);
      expect(second.map(({ id }) => id)).to.deep.equal(["part-c"]);
      for (const id of ids) await store.removeDelivery(id);
    });

    it("drops every delivery that a receipt answers", async () => {
      const { delivery: sent } = stored("r1", 14n, 1);
      await store.addDelivery(stored("r1", 14n, 1), 4);
      await store.addDelivery(stored("r2", 14n, 2), 4);
      expect(await store.findReceipt(sent)).to.equal(undefined);
      const receipt = { lid: 2n ** 200n, leaseHash: sent.leaseHash, manifestHash: sent.manifestHash };
      const signed = { receipt, signature: `0x${"11".repeat(65)}` as const };
      await store.saveReceipt(sent, signed, 5);
      await store.saveReceipt(sent, signed, 6);
      expect(await store.findReceipt(sent)).to.deep.equal(signed);
      expect(await store.deliveriesOf(14n)).to.deep.equal([]);
    });

    it("drops what is older than a time", async () => {
      await store.addDelivery(stored("old", 15n, 100), 4);
      await store.addDelivery(stored("new", 15n, 1_000_000), 4);
      await store.dropOlderThan(1_000_000);
      expect((await store.deliveriesOf(15n)).map(({ id }) => id)).to.deep.equal(["new"]);
    });

    async function doorsOf({ leaseHash }: LeaseDoors): Promise<LeaseDoors | undefined> {
      return (await store.allDoors()).find((entry) => entry.leaseHash === leaseHash);
    }
  });

describe("SqlStore on a disk", () => {
  it("finds everything again after a restart, and refuses a second process", async () => {
    const directory = newFolder();
    const open = (): SqlStore => new SqlStore(pgliteEngine(directory));
    const first = open();
    await first.start();
    await first.saveDoors(leaseDoors(1, [40_000]));
    expect(await codeOf(open().start())).to.equal("CONFIG_INVALID");
    await first.stop();
    const second = open();
    await second.start();
    expect(await second.allDoors()).to.deep.equal([leaseDoors(1, [40_000])]);
    await second.stop();
  }).timeout(30_000);

  it("says STORE_FAILED when it is not open, and when a number would be given twice", async () => {
    const store = new SqlStore(temporaryEngine());
    expect(await codeOf(store.allDoors())).to.equal("STORE_FAILED");
    await store.start();
    await store.saveDoors(leaseDoors(1, [40_000]));
    expect(await codeOf(store.saveDoors(leaseDoors(2, [40_000])))).to.equal("STORE_FAILED");
    await store.stop();
  }).timeout(30_000);
});

describe("SqlStore on a PostgreSQL server", function () {
  this.timeout(60_000);
  before(function () {
    if (postgres.server === undefined) this.skip();
  });

  it("finds everything again after a restart", async () => {
    const url = await newDatabase();
    const first = postgresStore(url);
    await first.start();
    await first.saveDoors(leaseDoors(1, [40_000]));
    await first.stop();
    const second = postgresStore(url);
    await second.start();
    expect(await second.allDoors()).to.deep.equal([leaseDoors(1, [40_000])]);
    await second.stop();
  });

  it("migrates once when several begin at the same time", async () => {
    const url = await newDatabase();
    const all = [1, 2, 3, 4].map(() => postgresStore(url));
    await Promise.all(all.map((store) => store.start()));
    expect(await query(url, "SELECT id FROM fizz_migrations ORDER BY id")).to.deep.equal(
      MIGRATIONS.map(({ id }) => ({ id })).sort((a, b) => a.id - b.id),
    );
    for (const store of all) await store.stop();
  });

  it("fails with a code while the server is away, and goes on when it is back", async () => {
    const heard: string[] = [];
    const store = postgresStore(await newDatabase(), (channel) => heard.push(channel));
    await store.start();
    await store.saveDoors(leaseDoors(1, [40_000]));
    await until(() => Promise.resolve(heard.length > 2), "both channels, and the change");
    await postgres.server?.kill();
    expect(await codeOf(store.allDoors())).to.equal("STORE_FAILED");
    expect(await codeOf(store.removeDoors(leaseDoors(1, []).leaseHash))).to.equal("STORE_FAILED");
    await postgres.server?.restart();
    expect(await store.allDoors()).to.deep.equal([leaseDoors(1, [40_000])]);
    heard.length = 0;
    await until(async () => {
      await store.saveDoors(leaseDoors(1, [40_001]));
      return heard.includes("fizz_doors");
    }, "changes are told again");
    await store.stop();
  });

  it("says neither the password nor what was to be written when it fails", async () => {
    const gone = new SqlStore(
      postgresEngine({
        url: "postgresql://fizz:s3cret-word@127.0.0.1:1/fizz",
        directory: newFolder(),
        logger: memoryLogger(),
      }),
    );
    const failure = await gone.start().catch((error: unknown) => error as Error);
    expect(failure).to.have.property("code", "STORE_FAILED");
    const store = postgresStore(await newDatabase());
    await store.start();
    const twice = [leaseDoors(0xab, [40_000]), leaseDoors(0xcd, [40_000])];
    const refused = await Promise.all(twice.map((doors) => store.saveDoors(doors))).catch(
      (error: unknown) => error as Error,
    );
    expect(refused).to.have.property("code", "STORE_FAILED");
    for (const error of [failure, refused])
      expect(wordsOf(error)).to.not.match(/s3cret-word|not-asked|insert into/);
    await store.stop();
  });
});

function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${wordsOf(error.cause)}` : "";
}

async function newDatabase(): Promise<string> {
  if (postgres.server === undefined) throw new Error("PostgreSQL does not run");
  return await postgres.server.database();
}

function postgresStore(url: string, onNotify: (channel: Channel) => void = () => undefined): SqlStore {
  return new SqlStore(postgresEngine({ url, directory: newFolder(), logger: memoryLogger(), onNotify }));
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fizz-store-test-"));
  folders.push(folder);
  return folder;
}

function leaseDoors(byte: number, ports: readonly number[]): LeaseDoors {
  const door = {
    service: "web",
    replica: 1,
    protocol: "tcp" as const,
    wish: 8080,
    group: 3,
    proxyProtocol: "v2" as const,
  };
  const doors = ports.map((publicPort, index) => ({ ...door, port: 9_000 + index, publicPort }));
  return {
    leaseHash: hash(byte),
    lid: 2n ** 190n,
    nodeId: 2n ** 60n,
    lastState: "active",
    doors,
    routes: [],
    claims: [],
  };
}

/** Each node of these tests has a lease of its own; `new` is one more. */
function stored(id: string, nodeId: bigint, receivedAt: number): StoredDelivery {
  const leaseHash = hash(id === "new" ? 0xf0 : Number(nodeId));
  return { id, nodeId, receivedAt, delivery: delivery({ leaseHash, quoteNonce: 2n ** 250n }) };
}
