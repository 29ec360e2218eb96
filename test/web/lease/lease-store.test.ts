import { expect } from "chai";
import { type Hex, numberToHex, zeroAddress } from "viem";
import type { LeaseRecord } from "../../../web/src/features/lease/lease-record.ts";
import { LeaseStore, MAX_RECORDS } from "../../../web/src/features/lease/lease-store.ts";
import { MemoryStorage } from "../support/memory-storage.ts";

describe("LeaseStore", () => {
  it("gives back what was saved, after a reload too", () => {
    const { storage, store } = setup();
    store.save(record(1));
    expect(new LeaseStore(storage, NETWORK).find(hash(1))).to.deep.equal(record(1));
  });

  it("lists the newest first", () => {
    const { store } = setup();
    store.save(record(1));
    store.save(record(2));
    expect(store.list().map(({ createdAt }) => createdAt)).to.deep.equal([2, 1]);
  });

  it("keeps networks apart", () => {
    const { storage, store } = setup();
    store.save(record(1));
    expect(new LeaseStore(storage, { ...NETWORK, chainId: 1 }).list()).to.deep.equal([]);
  });

  describe("when fields change", () => {
    it("changes them alone, and removes what becomes undefined", () => {
      const { store } = setup();
      store.save({ ...record(1), order: { secret: true } });
      store.patch(hash(1), { lid: "7", order: undefined });
      expect(store.find(hash(1))).to.deep.equal({ ...record(1), lid: "7" });
    });
    it("does nothing for a lease that it does not know", () => {
      const { store } = setup();
      store.patch(hash(1), { lid: "7" });
      expect(store.list()).to.deep.equal([]);
    });
  });

  describe("when it is full", () => {
    it("lets go of the oldest", () => {
      const { store } = setup();
      for (let index = 1; index <= MAX_RECORDS + 1; index += 1) store.save(record(index));
      expect(store.list()).to.have.length(MAX_RECORDS);
      expect(store.find(hash(1))).to.equal(undefined);
      expect(store.find(hash(MAX_RECORDS + 1))).to.deep.equal(record(MAX_RECORDS + 1));
    });
  });

  describe("when something else stands under its keys", () => {
    for (const text of ["", "nonsense", "null", "{}", '{"leaseHash":"0x12"}'])
      it(`passes over ${text === "" ? "nothing" : text}`, () => {
        const { storage, store } = setup();
        storage.setItem(`fizz.lease.31337.${zeroAddress}.${hash(1)}`, text);
        expect(store.list()).to.deep.equal([]);
        expect(store.find(hash(1))).to.equal(undefined);
      });
  });

  function setup() {
    const storage = new MemoryStorage();
    return { storage, store: new LeaseStore(storage, NETWORK) };
  }
});

const NETWORK = { chainId: 31_337, market: zeroAddress };

function hash(index: number): Hex {
  return numberToHex(index, { size: 32 });
}

function record(index: number): LeaseRecord {
  return {
    leaseHash: hash(index),
    tenant: zeroAddress,
    nodeId: "1",
    nodePeerId: "16Uiu2HAm",
    name: "hello",
    prepaidSeconds: 3_600,
    salt: hash(9),
    signedQuote: {},
    createdAt: index,
  };
}
