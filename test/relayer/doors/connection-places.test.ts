import { expect } from "chai";
import fc from "fast-check";
import { ConnectionPlaces } from "../../../relayer/src/doors/connection-places.ts";
import { type Place } from "../../../relayer/src/ports.ts";
import { hash } from "../support/builders.ts";

const UNNAMED = { unnamed: 9, unnamedPerAddress: 9 };

describe("ConnectionPlaces", () => {
  it("names the limit that leaves no place", () => {
    const places = new ConnectionPlaces({ ...UNNAMED, total: 4, perLease: 3, perAddress: 2, perNode: 9 });
    const take = (lease: number, address: string): string => {
      const place = places.take(hash(lease), address, 1n);
      return place.taken ? "taken" : place.limit;
    };
    expect([take(1, "a"), take(1, "a"), take(1, "a")]).to.deep.equal(["taken", "taken", "address"]);
    expect([take(1, "b"), take(1, "b")]).to.deep.equal(["taken", "lease"]);
    expect([take(2, "a"), take(2, "b")]).to.deep.equal(["taken", "gateway"]);
    expect(places.count).to.equal(4);
  });

  it("counts a place once, however often it is left", () => {
    const places = new ConnectionPlaces({ ...UNNAMED, total: 1, perLease: 1, perAddress: 1, perNode: 1 });
    const first = places.take(hash(1), "a", 1n);
    if (first.taken) {
      first.leave();
      first.leave();
    }
    expect(places.count).to.equal(0);
    expect(places.take(hash(1), "a", 1n).taken).to.equal(true);
    expect(places.take(hash(1), "a", 1n).taken).to.equal(false);
  });

  it("never exceeds a limit, and is empty when all have left", () => {
    const limits = { ...UNNAMED, total: 6, perLease: 4, perAddress: 2, perNode: 5 };
    const step = fc.record({ lease: fc.nat({ max: 2 }), address: fc.nat({ max: 3 }), leaves: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const places = new ConnectionPlaces(limits);
        const held: { key: string; place: Extract<Place, { taken: true }> }[] = [];
        const count = (prefix: string): number => held.filter(({ key }) => key.startsWith(prefix)).length;
        for (const { lease, address, leaves } of steps) {
          if (leaves) held.shift()?.place.leave();
          else {
            const place = places.take(hash(lease), String(address), nodeOf(lease));
            const isFree =
              held.length < limits.total &&
              count(`${lease} `) < limits.perLease &&
              count(`${lease} ${address}`) < limits.perAddress &&
              held.filter(({ key }) => nodeOf(Number(key.split(" ")[0])) === nodeOf(lease)).length <
                limits.perNode;
            expect(place.taken).to.equal(isFree);
            if (place.taken) held.push({ key: `${lease} ${address}`, place });
          }
          expect(places.count).to.equal(held.length);
        }
        for (const { place } of held) place.leave();
        expect(places.count).to.equal(0);
      }),
    );
  });

  it("keeps those inside when a limit becomes lower, and lets nobody in until there is room", () => {
    const limits = { ...UNNAMED, total: 4, perLease: 4, perAddress: 4, perNode: 4 };
    const places = new ConnectionPlaces(limits);
    const first = places.take(hash(1), "a", 1n);
    places.take(hash(1), "b", 1n);
    places.setLimits({ ...limits, perNode: 1 });
    expect(places.count).to.equal(2);
    expect(places.take(hash(2), "c", 1n)).to.deep.equal({ taken: false, limit: "node" });
    expect(places.take(hash(2), "c", 2n).taken).to.equal(true);
    if (first.taken) first.leave();
    expect(places.take(hash(2), "c", 1n).taken).to.equal(false);
  });

  it("counts those that named no host by limits of their own, and among all", () => {
    const limits = { total: 5, perLease: 1, perAddress: 1, perNode: 1, unnamed: 3, unnamedPerAddress: 2 };
    const places = new ConnectionPlaces(limits);
    const arrive = (address: string | undefined): Place => places.takeUnnamed(address);
    const first = arrive("a");
    expect(arrive("a").taken).to.equal(true);
    expect(arrive("a")).to.deep.equal({ taken: false, limit: "unnamed_address" });
    expect(arrive(undefined).taken, "of an address that nobody told yet").to.equal(true);
    for (const address of ["b", undefined])
      expect(arrive(address)).to.deep.equal({ taken: false, limit: "unnamed" });
    expect(places.take(hash(1), "a", 1n).taken, "once it named a host").to.equal(true);
    for (let again = 0; again < 2; again += 1) if (first.taken) first.leave();
    expect(places.count).to.equal(3);
    expect(places.take(hash(2), "a", 2n).taken).to.equal(true);
    places.setLimits({ ...limits, total: 4 });
    expect(arrive("b")).to.deep.equal({ taken: false, limit: "gateway" });
    places.setLimits({ ...limits, unnamedPerAddress: 1 });
    expect(arrive("a")).to.deep.equal({ taken: false, limit: "unnamed_address" });
    expect(arrive("b").taken).to.equal(true);
  });

  /** Leases 0 and 1 are of one node. */
  function nodeOf(lease: number): bigint {
    return lease < 2 ? 1n : 2n;
  }
});
