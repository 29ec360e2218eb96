import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LeaseDoors, type Store, type StoredDelivery } from "../../relayer/src/ports.ts";
import { PgliteStore } from "../../relayer/src/store/pglite-store.ts";
import { delivery, hash } from "../relayer/support/builders.ts";
import { MemoryStore } from "../relayer/support/memory-store.ts";
import { codeOf } from "../support/code-of.ts";

const stores: Record<string, () => Store> = {
  MemoryStore: () => new MemoryStore(),
  PgliteStore: () => new PgliteStore({ directory: undefined }),
};

for (const [name, create] of Object.entries(stores))
  describe(`Store: ${name}`, () => {
    let store: Store;
    // One database for the suite: starting one takes a second, and every test has leases of its own.
    before(async () => {
      store = create();
      await store.start();
    });
    after(async () => {
      await store.stop();
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

describe("PgliteStore on a disk", () => {
  const directory = mkdtempSync(join(tmpdir(), "fizz-store-test-"));
  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it("finds everything again after a restart, and refuses a second process", async () => {
    const first = new PgliteStore({ directory });
    await first.start();
    await first.saveDoors(leaseDoors(1, [40_000]));
    expect(await codeOf(new PgliteStore({ directory }).start())).to.equal("CONFIG_INVALID");
    await first.stop();
    const second = new PgliteStore({ directory });
    await second.start();
    expect(await second.allDoors()).to.deep.equal([leaseDoors(1, [40_000])]);
    await second.stop();
  }).timeout(30_000);

  it("says STORE_FAILED when it is not open, and when a number would be given twice", async () => {
    const store = new PgliteStore({ directory: undefined });
    expect(await codeOf(store.allDoors())).to.equal("STORE_FAILED");
    await store.start();
    await store.saveDoors(leaseDoors(1, [40_000]));
    expect(await codeOf(store.saveDoors(leaseDoors(2, [40_000])))).to.equal("STORE_FAILED");
    await store.stop();
  }).timeout(30_000);
});

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
