import { expect } from "chai";
import { type Journal, type LeaseStore } from "../../node-agent/src/ports.ts";
import { type StoredLease } from "../../node-agent/src/domain/stored-lease.ts";
import { SqliteJournal } from "../../node-agent/src/store/sqlite-journal.ts";
import { SqliteLeases } from "../../node-agent/src/store/sqlite-leases.ts";
import { hashOf, storedLease } from "../node-agent/support/builders.ts";
import { FakeClock } from "../node-agent/support/fake-clock.ts";
import { MemoryJournal, MemoryStore } from "../node-agent/support/memory-store.ts";
import { silentLog as log } from "../node-agent/support/silent-log.ts";
import { StateFolder } from "../node-agent/support/state.ts";
import { storedManifest } from "../node-agent/support/stored-manifest.ts";

const LEASE = hashOf("lease");
const OTHER = hashOf("other");

interface Stores {
  readonly store: LeaseStore;
  readonly journal: Journal;
}

const folders: StateFolder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

const all: Record<string, () => Promise<Stores>> = {
  "in memory": () => Promise.resolve({ store: new MemoryStore(), journal: new MemoryJournal() }),
  "in the state": async () => {
    const folder = await StateFolder.make();
    folders.push(folder);
    const components = { database: await folder.open(), clock: new FakeClock(), log };
    const [store, journal] = [new SqliteLeases(components), new SqliteJournal(components)];
    await store.start();
    journal.start();
    return { store, journal };
  },
};

for (const [where, make] of Object.entries(all)) {
  describe(`LeaseStore ${where}`, () => {
    it("gives back what was saved, and the newest of each lease", async () => {
      const { store } = await make();
      const first = storedLease({ manifests: [storedManifest(1)] });
      const second = storedLease({ ...first, manifests: [storedManifest(2)], missingSince: 9 });
      await store.save(first);
      await store.save(storedLease({ leaseHash: OTHER }));
      await store.save(second);
      expect(store.find(LEASE)).to.deep.equal(second);
      expect(store.leases()).to.deep.equal([second, storedLease({ leaseHash: OTHER })]);
    });

    it("applies changes to one lease one after the other", async () => {
      const { store } = await make();
      await store.save(storedLease({ missingSince: 0 }));
      const add = (lease: StoredLease) => ({ ...lease, missingSince: (lease.missingSince ?? 0) + 1 });
      await Promise.all(Array.from({ length: 20 }, () => store.change(LEASE, add)));
      expect(store.find(LEASE)?.missingSince).to.equal(20);
    });

    it("changes nothing that is not there, and goes on after a change that threw", async () => {
      const { store } = await make();
      expect(await store.change(OTHER, (lease) => lease)).to.equal(undefined);
      expect(store.leases()).to.deep.equal([]);
      await store.save(storedLease());
      const refused = store.change(LEASE, () => {
        throw new RangeError("no");
      });
      expect(await refused.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
      expect((await store.change(LEASE, (lease) => ({ ...lease, lid: 8n })))?.lid).to.equal(8n);
    });

    it("removes for good, and what is not there too", async () => {
      const { store } = await make();
      await store.save(storedLease());
      await store.remove(LEASE);
      await store.remove(LEASE);
      expect([store.find(LEASE), store.leases()]).to.deep.equal([undefined, []]);
    });

    it("keeps keys of quotes by their nonce", async () => {
      const { store } = await make();
      const key = { nonce: 2n ** 255n, privateKey: hashOf("key"), keepUntil: 2_000_000_000_000 };
      await store.saveQuoteKey(key);
      expect([store.findQuoteKey(key.nonce), store.findQuoteKey(1n)]).to.deep.equal([key, undefined]);
    });
  });

  describe(`Journal ${where}`, () => {
    const signal = new AbortController().signal;

    it("numbers the events of each lease from 1, in order, and tells them once they are waited for", async () => {
      const { journal } = await make();
      journal.append(LEASE, { code: "image.pulled", message: "one" });
      journal.append(OTHER, { code: "image.pulled", message: "another" });
      journal.append(LEASE, {
        code: "container.started",
        message: "two",
        service: "web",
        replica: 0,
        data: { a: 1 },
      });
      await journal.wait(LEASE, 1, signal);
      await journal.wait(OTHER, 0, signal);
      expect(journal.read(LEASE, 0).map(({ cursor, message }) => [cursor, message])).to.deep.equal([
        [1, "one"],
        [2, "two"],
      ]);
      expect(journal.read(LEASE, 1)).to.have.length(1);
      expect(journal.read(LEASE, 1)[0]).to.deep.include({ service: "web", replica: 0, data: { a: 1 } });
      expect(journal.read(LEASE, 2)).to.deep.equal([]);
      expect(journal.read(OTHER, 0).map(({ cursor }) => cursor)).to.deep.equal([1]);
      expect(journal.read(hashOf("nobody"), 0)).to.deep.equal([]);
    });

    it("wakes who waits, and lets go on abort", async () => {
      const { journal } = await make();
      const waiting = journal.wait(LEASE, 0, signal);
      journal.append(LEASE, { code: "image.pulled", message: "one" });
      await waiting;
      expect(journal.read(LEASE, 0)).to.have.length(1);
      const stop = new AbortController();
      const second = journal.wait(LEASE, 1, stop.signal);
      stop.abort();
      await second;
      await journal.wait(LEASE, 1, stop.signal);
    });

    it("forgets a lease, wakes who waits for it, and numbers from 1 again", async () => {
      const { journal } = await make();
      journal.append(LEASE, { code: "image.pulled", message: "one" });
      await journal.wait(LEASE, 0, signal);
      const waiting = journal.wait(LEASE, 1, signal);
      await journal.remove(LEASE);
      await waiting;
      expect(journal.read(LEASE, 0)).to.deep.equal([]);
      journal.append(LEASE, { code: "lease.closed", message: "again" });
      await journal.wait(LEASE, 0, signal);
      expect(journal.read(LEASE, 0).map(({ cursor, message }) => [cursor, message])).to.deep.equal([
        [1, "again"],
      ]);
    });
  });
}
