import { expect } from "chai";
import { copyFile, readFile, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { holdToChain } from "../../../node-agent/src/store/chain-mark.ts";
import { openForWriting } from "../../../node-agent/src/store/open-file.ts";
import { MIGRATIONS } from "../../../node-agent/src/store/migrations.ts";
import { MAX_WAITING_WRITES, type StateDatabase } from "../../../node-agent/src/store/state-database.ts";
import { codeOf } from "../../support/code-of.ts";
import { hashOf } from "../support/builders.ts";
import { StateFolder } from "../support/state.ts";

const MIB = 1_024 ** 2;

describe("StateDatabase", () => {
  let folder: StateFolder;
  beforeEach(async () => {
    folder = await StateFolder.make();
  });
  afterEach(async () => {
    await folder.remove();
  });

  it("has a file that its account alone reads, and those of SQLite beside it", async () => {
    await put(await folder.open(), "a", "1");
    const names = await readdir(folder.path);
    expect(names.sort()).to.deep.equal(["state.db", "state.db-shm", "state.db-wal"]);
    for (const name of names)
      expect((await stat(join(folder.path, name))).mode & 0o777, name).to.equal(0o600);
  });

  it("gives back after a restart what was written, and nothing of a transaction that failed", async () => {
    const database = await folder.open();
    await put(database, "a", "1");
    const insert = insertOf("b", "2");
    expect(await codeOf(database.commit([insert, insert]))).to.equal("STORE_FAILED");
    expect(namesIn(await folder.reopen())).to.deep.equal(["a", "check", "salt"]);
  });

  it("writes in the order in which it was asked, also what is tried until it succeeds", async () => {
    const database = await folder.open();
    const done: string[] = [];
    const kept = Promise.withResolvers<undefined>();
    const first = put(database, "a", "1").then(() => done.push("a"));
    database.keep([insertOf("b", "2")], () => {
      done.push("b");
      kept.resolve(undefined);
    });
    const last = put(database, "c", "3").then(() => done.push("c"));
    await Promise.all([first, kept.promise, last]);
    expect(done).to.have.members(["a", "b", "c"]);
    const rows = database.rows("SELECT name FROM meta WHERE name IN ('a', 'b', 'c')");
    expect(rows).to.have.length(3);
  });

  it("says STORE_FAILED on a full disk, loses nothing, and writes what waits when there is room", async () => {
    const database = await folder.open({ maxBytes: MIB });
    await put(database, "small", "1");
    await put(database, "large", "x".repeat(MIB / 2));
    expect(await codeOf(put(database, "more", "x".repeat(MIB)))).to.equal("STORE_FAILED");
    const kept = Promise.withResolvers<undefined>();
    const isTaken = database.keep([insertOf("event", "y".repeat(MIB / 2))], () => {
      kept.resolve(undefined);
    });
    expect(isTaken).to.equal(true);
    expect(await codeOf(put(database, "another", "x".repeat(MIB)))).to.equal("STORE_FAILED");
    expect(namesIn(database)).to.deep.equal(["check", "large", "salt", "small"]);
    // Nothing that comes later may pass what waits, so the room is made from outside.
    const other = new DatabaseSync(folder.file);
    other.exec("DELETE FROM meta WHERE name = 'large'");
    other.close();
    await kept.promise;
    expect(namesIn(database)).to.deep.equal(["check", "event", "salt", "small"]);
  });

  it(`takes at most ${MAX_WAITING_WRITES} writes that wait`, async () => {
    const database = await folder.open();
    const update = { sql: "UPDATE meta SET value = value WHERE name = 'none'", values: [] };
    let taken = 0;
    while (taken <= MAX_WAITING_WRITES && database.keep([update])) taken += 1;
    expect(taken).to.be.within(MAX_WAITING_WRITES - 500, MAX_WAITING_WRITES);
    expect(await codeOf(database.commit([update]))).to.equal("LIMIT_REACHED");
  });

  it("opens with the operator key that made it, and with no other", async () => {
    await folder.open();
    await folder.close();
    expect(await failure({ operatorKey: hashOf("another") })).to.deep.equal([
      "STORE_UNUSABLE",
      "it belongs to another operator key",
    ]);
    await folder.open();
  });

  it("holds a data directory to the chain it was made on", async () => {
    await holdToChain(await folder.open(), 31_337, hashOf("genesis"));
    const again = await folder.reopen();
    await holdToChain(again, 31_337, hashOf("genesis"));
    expect(await codeOf(holdToChain(again, 31_337, hashOf("other genesis")))).to.equal("CHAIN_MISMATCH");
  });

  it("refuses a file that is damaged, emptied, no database, of a newer agent or gone, and leaves it as it is", async () => {
    await put(await folder.open(), "large", "x".repeat(MIB / 4));
    await folder.close();
    const whole = join(folder.path, "whole");
    await copyFile(folder.file, whole);
    const spoiled: Record<string, () => Promise<void>> = {
      "it is damaged": async () => {
        const bytes = await readFile(folder.file);
        await writeFile(folder.file, bytes.fill(0x5a, 8_192, bytes.length - 4_096));
      },
      "it is damaged: ": async () => {
        await truncate(folder.file, MIB / 8);
      },
      "file is not a database": async () => {
        await writeFile(folder.file, "no database at all".repeat(1_000));
      },
      "it is no state of a node, or was emptied": async () => {
        await truncate(folder.file, 0);
      },
      [`a newer agent made it (layout 99, this agent knows ${MIGRATIONS.length})`]: async () => {
        const database = new DatabaseSync(folder.file);
        database.exec("PRAGMA user_version = 99");
        database.close();
        await Promise.resolve();
      },
      "it is gone, but files that belong to it are there": async () => {
        await rm(folder.file);
        await writeFile(`${folder.file}-wal`, "log");
      },
    };
    for (const [reason, spoil] of Object.entries(spoiled)) {
      await spoil();
      const before = await readFile(folder.file).catch(() => undefined);
      const [code, message = ""] = await failure();
      expect(code, reason).to.equal("STORE_UNUSABLE");
      expect(message).to.include(reason);
      expect(await readFile(folder.file).catch(() => undefined), reason).to.deep.equal(before);
      await rm(`${folder.file}-wal`, { force: true });
      await copyFile(whole, folder.file);
    }
    expect(namesIn(await folder.open())).to.include("large");
  });

  it("tells that it is broken when damage shows while it is open, and writes nothing more", async () => {
    const database = await folder.open();
    await put(database, "large", "x".repeat(MIB));
    await folder.reopen().then(async (reopened) => {
      const bytes = await readFile(folder.file);
      await writeFile(folder.file, bytes.fill(0x5a, 4_096));
      const seen = await codeOf(Promise.resolve().then(() => reopened.rows("SELECT * FROM leases")));
      expect(seen).to.equal("STORE_UNUSABLE");
      expect((await reopened.broken).code).to.equal("STORE_UNUSABLE");
      expect(await codeOf(put(reopened, "b", "2"))).to.equal("STORE_UNUSABLE");
      expect(reopened.keep([insertOf("c", "3")])).to.equal(false);
    });
  });

  it("takes the steps to a newer layout, each whole or not at all, and keeps what is there", async () => {
    await put(await folder.open(), "a", "1");
    await folder.close();
    const steps = [...MIGRATIONS, "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT"];
    expect(() => openForWriting(folder.file, MIB, [...steps, "CREATE TABLE more (twice)"])).to.throw("more");
    const database = openForWriting(folder.file, MIB, steps);
    expect(database.prepare("SELECT count(*) AS n FROM more").get()?.["n"]).to.equal(0);
    expect(database.prepare("SELECT value FROM meta WHERE name = 'a'").get()).to.not.equal(undefined);
    expect(database.prepare("PRAGMA user_version").get()?.["user_version"]).to.equal(steps.length);
    database.close();
  });

  const insertOf = (name: string, value: string) => ({
    sql: "INSERT INTO meta (name, value) VALUES (?, CAST(? AS BLOB))",
    values: [name, value],
  });

  async function put(database: StateDatabase, name: string, value: string): Promise<void> {
    await database.commit([insertOf(name, value)]);
  }

  function namesIn(database: StateDatabase): unknown[] {
    return database.rows("SELECT name FROM meta ORDER BY name").map((row) => row["name"]);
  }

  async function failure(changes = {}): Promise<(string | undefined)[]> {
    const error = await folder.open(changes).then(
      () => undefined,
      (reason: unknown) => reason as { code: string; message: string },
    );
    return [error?.code, /cannot be used: (.*?)\. Nothing was changed/s.exec(error?.message ?? "")?.[1]];
  }
});
