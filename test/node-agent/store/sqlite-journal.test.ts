import { expect } from "chai";
import { MAX_EVENTS_PER_LEASE, MAX_KEPT_STEPS } from "../../../node-agent/src/domain/kept-events.ts";
import { SqliteJournal } from "../../../node-agent/src/store/sqlite-journal.ts";
import { MAX_WAITING_WRITES, type StateDatabase } from "../../../node-agent/src/store/state-database.ts";
import { hashOf } from "../support/builders.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { StateFolder } from "../support/state.ts";

const LEASE = hashOf("lease");
const { signal } = new AbortController();

describe("SqliteJournal", () => {
  let folder: StateFolder;
  let database: StateDatabase;
  beforeEach(async () => {
    folder = await StateFolder.make();
    database = await folder.open();
  });
  afterEach(async () => {
    await folder.remove();
  });

  it("goes on after a restart, with the next number", async () => {
    const journal = opened();
    journal.append(LEASE, { code: "image.pulled", message: "one" });
    journal.append(LEASE, { code: "container.started", message: "two", service: "web", replica: 0 });
    const again = await reopened();
    again.append(LEASE, { code: "lease.closed", message: "three" });
    await again.wait(LEASE, 2, signal);
    expect(messagesIn(again)).to.deep.equal(["1 one", "2 two", "3 three"]);
    expect(again.read(LEASE, 2)).to.have.length(1);
  });

  it("tells an event when it is on the disk, not before", async () => {
    const journal = opened();
    journal.append(LEASE, { code: "image.pulled", message: "one" });
    expect(journal.read(LEASE, 0)).to.deep.equal([]);
    await journal.wait(LEASE, 0, signal);
    expect(messagesIn(opened())).to.deep.equal(messagesIn(journal));
  });

  it(`keeps the newest ${MAX_EVENTS_PER_LEASE}, in memory and on the disk`, async function () {
    this.timeout(30_000);
    const journal = opened();
    const count = 2 * MAX_EVENTS_PER_LEASE + 5;
    for (let at = 1; at <= count; at += 1) {
      journal.append(LEASE, { code: "container.exited", message: `${at}` });
      if (at === 10) await journal.wait(LEASE, 9, signal).then(() => journal.read(LEASE, 0));
    }
    await journal.wait(LEASE, count - 1, signal);
    const kept = journal.read(LEASE, 0);
    expect(kept).to.have.length(MAX_EVENTS_PER_LEASE);
    expect(kept[0]?.cursor).to.equal(count - MAX_EVENTS_PER_LEASE + 1);
    expect((await reopened()).read(LEASE, 0)).to.deep.equal(kept);
    expect(database.rows("SELECT count(*) AS n FROM events")[0]?.["n"]).to.equal(MAX_EVENTS_PER_LEASE);
  });

  it("keeps the steps of a start through any number of later events, and a restart", async function () {
    this.timeout(30_000);
    const journal = opened();
    journal.append(LEASE, { code: "doors.opened", message: "no step" });
    for (const code of ["deployment.initializing", "container.started", "deployment.started"] as const)
      journal.append(LEASE, { code, message: code });
    await journal.wait(LEASE, 3, signal);
    expect(journal.read(LEASE, 0)).to.have.length(4);
    for (let at = 1; at <= MAX_EVENTS_PER_LEASE; at += 1)
      journal.append(LEASE, { code: "container.exited", message: `${at}` });
    await journal.wait(LEASE, MAX_EVENTS_PER_LEASE + 3, signal);
    const kept = messagesIn(journal);
    expect(kept.slice(0, 4)).to.deep.equal([
      "2 deployment.initializing",
      "3 container.started",
      "4 deployment.started",
      "5 1",
    ]);
    expect(kept).to.have.length(MAX_EVENTS_PER_LEASE + 3);
    expect(messagesIn(await reopened())).to.deep.equal(kept);
  });

  it(`keeps the newest ${MAX_KEPT_STEPS} steps of many starts`, async function () {
    this.timeout(30_000);
    const journal = opened();
    for (let at = 1; at <= MAX_KEPT_STEPS + 5; at += 1)
      journal.append(LEASE, { code: "container.created", message: `${at}` });
    for (let at = 0; at < MAX_EVENTS_PER_LEASE; at += 1)
      journal.append(LEASE, { code: "container.exited", message: "later" });
    await journal.wait(LEASE, MAX_KEPT_STEPS + MAX_EVENTS_PER_LEASE + 4, signal);
    const kept = journal.read(LEASE, 0);
    expect(kept).to.have.length(MAX_KEPT_STEPS + MAX_EVENTS_PER_LEASE);
    expect(kept[0]?.message).to.equal("6");
    expect((await reopened()).read(LEASE, 0)).to.deep.equal(kept);
  });

  it("reads many leases, and forgets those that nobody reads without losing an event", async () => {
    const journal = opened();
    const leases = Array.from({ length: 40 }, (_, index) => hashOf(`lease ${index}`));
    for (const lease of leases) journal.append(lease, { code: "image.pulled", message: "one" });
    for (const lease of leases) await journal.wait(lease, 0, signal);
    for (const lease of leases) expect(journal.read(lease, 0)).to.have.length(1);
    for (const lease of leases) journal.append(lease, { code: "lease.closed", message: "two" });
    for (const lease of leases) await journal.wait(lease, 1, signal);
    for (const lease of leases)
      expect(journal.read(lease, 0).map(({ message }) => message)).to.deep.equal(["one", "two"]);
  });

  it("leaves no gap in the numbers when there is too much to keep", async () => {
    const journal = opened();
    for (let at = 0; at < MAX_WAITING_WRITES + 100; at += 1)
      journal.append(LEASE, { code: "container.exited", message: "again" });
    await journal.wait(LEASE, MAX_WAITING_WRITES - 1, signal);
    journal.append(LEASE, { code: "lease.closed", message: "last" });
    await journal.wait(LEASE, MAX_WAITING_WRITES, signal);
    const cursors = journal.read(LEASE, 0).map(({ cursor }) => cursor);
    expect(cursors.at(-1)).to.equal(MAX_WAITING_WRITES + 1);
    expect(cursors).to.deep.equal(cursors.map((_, index) => (cursors[0] ?? 0) + index));
  });

  function opened(): SqliteJournal {
    const journal = new SqliteJournal({ database, clock: new FakeClock(), log });
    journal.start();
    return journal;
  }

  async function reopened(): Promise<SqliteJournal> {
    database = await folder.reopen();
    return opened();
  }

  function messagesIn(journal: SqliteJournal): string[] {
    return journal.read(LEASE, 0).map(({ cursor, message }) => `${cursor} ${message}`);
  }
});
