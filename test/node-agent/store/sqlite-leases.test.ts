import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { type StateDatabase } from "../../../node-agent/src/store/state-database.ts";
import { MAX_QUOTE_KEYS, SqliteLeases } from "../../../node-agent/src/store/sqlite-leases.ts";
import { SqliteJournal } from "../../../node-agent/src/store/sqlite-journal.ts";
import { codeOf } from "../../support/code-of.ts";
import { findInFolder, needlesOf } from "../../support/malice/search.ts";
import { hashOf, storedLease } from "../support/builders.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { StateFolder } from "../support/state.ts";
import { storedManifest } from "../support/stored-manifest.ts";

const LEASE = hashOf("lease");
const KEY = hashOf("key");

describe("SqliteLeases", () => {
  let folder: StateFolder;
  let database: StateDatabase;
  const clock = new FakeClock();
  beforeEach(async () => {
    folder = await StateFolder.make();
    database = await folder.open();
  });
  afterEach(async () => {
    await folder.remove();
  });

  it("gives back after a restart what was saved before", async () => {
    const lease = storedLease({
      restarts: { d1: { count: 2, lastExitAt: 5, nextAt: 6 } },
      missingSince: 9,
      manifests: [storedManifest(1), storedManifest(2)],
    });
    await (await opened()).save(lease);
    const again = await reopened();
    expect(again.leases()).to.deep.equal([lease]);
    const [, second] = lease.manifests;
    await again.change(LEASE, (known) => ({
      ...known,
      manifests: [...known.manifests.slice(1), storedManifest(3)],
    }));
    expect((await reopened()).find(LEASE)?.manifests).to.deep.equal([second, storedManifest(3)]);
  });

  it("writes a manifest once, however often its lease changes", async () => {
    const store = await opened();
    await store.save(storedLease({ manifests: [storedManifest(1)] }));
    const body = () => database.rows("SELECT body FROM manifests");
    const before = body();
    await store.change(LEASE, (lease) => ({ ...lease, missingSince: 1 }));
    expect(body()).to.deep.equal(before);
    await store.change(LEASE, (lease) => ({ ...lease, manifests: [storedManifest(1, { receivedAt: 6 })] }));
    expect(body()).to.not.deep.equal(before);
    await store.remove(LEASE);
    expect(body()).to.deep.equal([]);
  });

  it("drops keys of quotes from which no lease can come any more", async () => {
    const store = await opened();
    await store.saveQuoteKey({ nonce: 1n, privateKey: KEY, keepUntil: clock.now() + 1_000 });
    clock.move(2_000);
    await store.saveQuoteKey({ nonce: 2n, privateKey: KEY, keepUntil: clock.now() + 1_000 });
    for (const known of [store, await reopened()])
      expect([known.findQuoteKey(1n), known.findQuoteKey(2n)?.privateKey]).to.deep.equal([undefined, KEY]);
    clock.move(2_000);
    expect((await reopened()).findQuoteKey(2n)).to.equal(undefined);
    expect(database.rows("SELECT * FROM quote_keys")).to.deep.equal([]);
  });

  it(`keeps at most ${MAX_QUOTE_KEYS} keys, those that end last`, async function () {
    this.timeout(60_000);
    const store = await opened();
    const keyOf = (nonce: number) => ({
      nonce: BigInt(nonce),
      privateKey: KEY,
      keepUntil: clock.now() + 1_000_000 + nonce,
    });
    for (let from = 0; from < MAX_QUOTE_KEYS; from += 1_000)
      await Promise.all(Array.from({ length: 1_000 }, (_, index) => store.saveQuoteKey(keyOf(from + index))));
    await store.saveQuoteKey(keyOf(MAX_QUOTE_KEYS));
    for (const known of [store, await reopened()])
      expect([0n, 1n, BigInt(MAX_QUOTE_KEYS)].map((nonce) => known.findQuoteKey(nonce)?.nonce)).to.deep.equal(
        [undefined, 1n, BigInt(MAX_QUOTE_KEYS)],
      );
    expect(database.rows("SELECT count(*) AS n FROM quote_keys")[0]?.["n"]).to.equal(MAX_QUOTE_KEYS);
  });

  it("says STORE_FAILED when it cannot write, and goes on with what was there", async () => {
    const store = await opened();
    await store.save(storedLease());
    await folder.close();
    const change = store.change(LEASE, (lease) => ({ ...lease, missingSince: 1 }));
    expect(await codeOf(change)).to.equal("STORE_FAILED");
    expect(store.find(LEASE)).to.deep.equal(storedLease());
  });

  it("refuses a state whose rows were swapped, changed, or cannot be opened", async () => {
    const store = await opened();
    await store.save(storedLease({ manifests: [storedManifest(1)] }));
    await store.save(storedLease({ leaseHash: hashOf("other") }));
    const vandalise: readonly string[] = [
      "UPDATE leases SET body = (SELECT body FROM leases AS o WHERE o.hash <> leases.hash)",
      "UPDATE leases SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB)",
      "UPDATE leases SET body = x''",
      "UPDATE manifests SET body = (SELECT body FROM leases LIMIT 1)",
      "UPDATE manifests SET version = 2",
    ];
    for (const sql of vandalise) {
      const whole = database.rows("SELECT hash, body FROM leases");
      const manifests = database.rows("SELECT lease, version, body FROM manifests");
      await database.commit([{ sql, values: [] }]);
      expect(await codeOf(reopened()), sql).to.equal("STORE_UNUSABLE");
      await database.commit([
        { sql: "DELETE FROM leases", values: [] },
        ...whole.map((row) => ({
          sql: "INSERT INTO leases (hash, body) VALUES (?, ?)",
          values: Object.values(row),
        })),
        ...manifests.map((row) => ({
          sql: "INSERT INTO manifests (lease, version, body) VALUES (?, ?, ?)",
          values: Object.values(row),
        })),
      ]);
    }
    expect((await reopened()).leases()).to.have.length(2);
  });

  it("has no secret in any of its files, in no form, while it is open and later", async () => {
    const [token, control] = [randomBytes(16).toString("hex"), `c${randomBytes(12).toString("hex")}`];
    const secret = randomBytes(32).toString("hex");
    const store = await opened();
    const journal = new SqliteJournal({ database, clock, log });
    await database.commit([
      {
        sql: "INSERT INTO meta (name, value) VALUES ('control', CAST(? AS BLOB))",
        values: [control],
      },
    ]);
    const manifest = storedManifest(1, { sealingKey: `0x${secret}` });
    const sealed = { enc: hashOf("enc"), ciphertext: `0x${token}` } as const;
    await store.save(
      storedLease({
        manifests: [{ ...manifest, delivery: { ...manifest.delivery, openPart: { token }, sealed } }],
        doors: { host: token, endpoints: [] },
      }),
    );
    await store.saveQuoteKey({ nonce: 1n, privateKey: `0x${secret}`, keepUntil: clock.now() + 1_000 });
    journal.append(LEASE, { code: "container.exited", message: token, data: { token } });
    await journal.wait(LEASE, 0, new AbortController().signal);
    const look = async (when: string): Promise<void> => {
      for (const text of [token, secret]) {
        // Also as the bytes that the digits stand for.
        const needles = new Map([...needlesOf(text), ["raw", Buffer.from(text, "hex")]]);
        expect(await findInFolder(folder.path, needles), when).to.deep.equal([]);
      }
      expect(await findInFolder(folder.path, needlesOf(control)), `control ${when}`).to.not.deep.equal([]);
    };
    await look("while it is open");
    const again = await reopened();
    await look("after a restart");
    expect(again.find(LEASE)?.manifests[0]?.sealingKey).to.equal(`0x${secret}`);
    await again.remove(LEASE);
    await look("after the lease");
  });

  async function opened(): Promise<SqliteLeases> {
    const store = new SqliteLeases({ database, clock });
    await store.start();
    return store;
  }

  async function reopened(): Promise<SqliteLeases> {
    database = await folder.reopen();
    return await opened();
  }
});
