import { expect } from "chai";
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileJournal, MAX_EVENTS_PER_LEASE } from "../../../node-agent/src/store/file-journal.ts";
import { hashOf } from "../support/builders.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { silentLog } from "../support/silent-log.ts";

const LEASE = hashOf("lease");

describe("FileJournal", () => {
  it("numbers events from 1 and goes on after a restart", async () => {
    const { open } = await setup();
    const journal = await open();
    journal.append(LEASE, { code: "image.pulled", message: "one" });
    journal.append(LEASE, { code: "container.started", message: "two", service: "web", replica: 0 });
    const again = await open();
    again.append(LEASE, { code: "lease.closed", message: "three" });
    expect(again.read(LEASE, 0).map(({ cursor, message }) => [cursor, message])).to.deep.equal([
      [1, "one"],
      [2, "two"],
      [3, "three"],
    ]);
    expect(again.read(LEASE, 2)).to.have.length(1);
  });

  it("drops a line that a crash tore, and keeps what comes after", async () => {
    const { open, path } = await setup();
    (await open()).append(LEASE, { code: "image.pulled", message: "one" });
    await appendFile(path, '{"cursor":2,"at":1,"co');
    const journal = await open();
    journal.append(LEASE, { code: "lease.closed", message: "two" });
    expect((await open()).read(LEASE, 0).map(({ message }) => message)).to.deep.equal(["one", "two"]);
  });

  it(`keeps the newest ${MAX_EVENTS_PER_LEASE} and bounds the file`, async () => {
    const { open, path } = await setup();
    const journal = await open();
    const count = 2 * MAX_EVENTS_PER_LEASE + 5;
    for (let at = 1; at <= count; at += 1)
      journal.append(LEASE, { code: "container.exited", message: `${at}` });
    const kept = journal.read(LEASE, 0);
    expect(kept).to.have.length(MAX_EVENTS_PER_LEASE);
    expect(kept[0]?.cursor).to.equal(count - MAX_EVENTS_PER_LEASE + 1);
    const lines = (await readFile(path, "utf8")).trim().split("\n");
    expect(lines.length).to.be.at.most(2 * MAX_EVENTS_PER_LEASE);
    expect((await open()).read(LEASE, 0)).to.deep.equal(kept);
  });

  it("wakes who waits, and lets go on abort", async () => {
    const { open } = await setup();
    const journal = await open();
    const waiting = journal.wait(LEASE, 0, new AbortController().signal);
    journal.append(LEASE, { code: "image.pulled", message: "one" });
    await waiting;
    const stop = new AbortController();
    const second = journal.wait(LEASE, 1, stop.signal);
    stop.abort();
    await second;
  });

  const dirs: string[] = [];
  after(async () => {
    for (const dir of dirs) await rm(dir, { recursive: true, force: true });
  });

  async function setup() {
    const dataDir = await mkdtemp(join(tmpdir(), "fizz-journal-"));
    dirs.push(dataDir);
    const open = async (): Promise<FileJournal> => {
      const journal = new FileJournal({ clock: new FakeClock(), log: silentLog }, { dataDir });
      await journal.start();
      return journal;
    };
    return { open, path: join(dataDir, "events", `${LEASE.slice(2)}.jsonl`) };
  }
});
