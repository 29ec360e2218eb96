import { expect } from "chai";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore, MAX_QUOTE_KEYS } from "../../../node-agent/src/store/file-store.ts";
import { codeOf } from "../../support/code-of.ts";
import { hashOf, storedLease } from "../support/builders.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { silentLog } from "../support/silent-log.ts";

const KEY = hashOf("key");

describe("FileStore", () => {
  it("gives back after a restart what was saved before", async () => {
    const { open } = await setup();
    const lease = storedLease({ restarts: { d1: { count: 2, lastExitAt: 5, nextAt: 6 } }, missingSince: 9 });
    await (await open()).save(lease);
    const again = await open();
    expect(again.leases()).to.deep.equal([lease]);
    expect(again.find(lease.leaseHash)).to.deep.equal(lease);
  });

  it("keeps its files to itself", async () => {
    const { open, leaseDir } = await setup();
    await (await open()).save(storedLease());
    const [name = ""] = await readdir(leaseDir);
    expect((await stat(join(leaseDir, name))).mode & 0o777).to.equal(0o600);
    expect((await stat(leaseDir)).mode & 0o777).to.equal(0o700);
  });

  it("keeps the old content when a crash left a half-written new one", async () => {
    const { open, leaseDir } = await setup();
    await (await open()).save(storedLease({ lid: 4n }));
    const [name = ""] = await readdir(leaseDir);
    const whole = await readFile(join(leaseDir, name), "utf8");
    await writeFile(join(leaseDir, `${name}.tmp`), whole.slice(0, 20));
    const again = await open();
    expect(again.leases().map(({ lid }) => lid)).to.deep.equal([4n]);
    expect(await readdir(leaseDir)).to.deep.equal([name]);
  });

  it("leaves a file that it cannot read where it is, and reads the others", async () => {
    const { open, leaseDir } = await setup();
    await (await open()).save(storedLease());
    await writeFile(join(leaseDir, "broken.json"), "{");
    expect((await open()).leases()).to.have.length(1);
    expect(await readdir(leaseDir)).to.include("broken.json");
  });

  it("applies changes to one lease one after the other", async () => {
    const { open } = await setup();
    const store = await open();
    const { leaseHash } = storedLease();
    await store.save(storedLease({ missingSince: 0 }));
    const add = (lease: ReturnType<typeof storedLease>) => ({
      ...lease,
      missingSince: (lease.missingSince ?? 0) + 1,
    });
    await Promise.all(Array.from({ length: 20 }, () => store.change(leaseHash, add)));
    expect((await open()).find(leaseHash)?.missingSince).to.equal(20);
  });

  it("changes nothing that is not there, and removes for good", async () => {
    const { open } = await setup();
    const store = await open();
    expect(await store.change(hashOf("nobody"), (lease) => lease)).to.equal(undefined);
    await store.save(storedLease());
    await store.remove(storedLease().leaseHash);
    expect((await open()).leases()).to.deep.equal([]);
  });

  it("drops keys of quotes from which no lease can come any more", async () => {
    const { open, clock } = await setup();
    const store = await open();
    await store.saveQuoteKey({ nonce: 1n, privateKey: KEY, keepUntil: clock.now() + 1_000 });
    clock.move(2_000);
    await store.saveQuoteKey({ nonce: 2n, privateKey: KEY, keepUntil: clock.now() + 1_000 });
    for (const known of [store, await open()])
      expect([known.findQuoteKey(1n), known.findQuoteKey(2n)?.privateKey]).to.deep.equal([undefined, KEY]);
  });

  it(`keeps at most ${MAX_QUOTE_KEYS} keys`, async function () {
    this.timeout(120_000);
    const { open, clock, dataDir } = await setup();
    const store = await open();
    const keepUntil = clock.now() + 1_000_000;
    const quoteDir = join(dataDir, "quotes");
    for (let nonce = 1; nonce <= MAX_QUOTE_KEYS; nonce += 1) {
      const text = JSON.stringify({ nonce: String(nonce), privateKey: KEY, keepUntil: keepUntil + nonce });
      await writeFile(join(quoteDir, `${nonce.toString(16)}.json`), text);
    }
    const full = await open();
    await full.saveQuoteKey({ nonce: 999_999n, privateKey: KEY, keepUntil: keepUntil + 9_999_999 });
    expect(full.findQuoteKey(1n)).to.equal(undefined);
    expect(full.findQuoteKey(2n)).to.not.equal(undefined);
    expect(await readdir(quoteDir)).to.have.length(MAX_QUOTE_KEYS);
    expect(store.findQuoteKey(1n)).to.equal(undefined);
  });

  it("says STORE_FAILED when the directory is gone", async () => {
    const { open, leaseDir } = await setup();
    const store = await open();
    await rm(leaseDir, { recursive: true });
    expect(await codeOf(store.save(storedLease()))).to.equal("STORE_FAILED");
    expect(store.leases()).to.deep.equal([]);
  });

  const dirs: string[] = [];
  after(async () => {
    for (const dir of dirs) await rm(dir, { recursive: true, force: true });
  });

  async function setup() {
    const dataDir = await mkdtemp(join(tmpdir(), "fizz-store-"));
    dirs.push(dataDir);
    const clock = new FakeClock();
    const open = async (): Promise<FileStore> => {
      const store = new FileStore({ clock, log: silentLog }, { dataDir });
      await store.start();
      return store;
    };
    return { dataDir, leaseDir: join(dataDir, "leases"), clock, open };
  }
});
