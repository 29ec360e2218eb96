import { expect } from "chai";
import fc from "fast-check";
import { ConnectionPlaces, type Place } from "../../../relayer/src/doors/connection-places.ts";
import { hash } from "../support/builders.ts";

describe("ConnectionPlaces", () => {
  it("names the limit that leaves no place", () => {
    const places = new ConnectionPlaces({ total: 4, perLease: 3, perAddress: 2 });
    const take = (lease: number, address: string): string => {
      const place = places.take(hash(lease), address);
      return place.taken ? "taken" : place.limit;
    };
    expect([take(1, "a"), take(1, "a"), take(1, "a")]).to.deep.equal(["taken", "taken", "address"]);
    expect([take(1, "b"), take(1, "b")]).to.deep.equal(["taken", "lease"]);
    expect([take(2, "a"), take(2, "b")]).to.deep.equal(["taken", "gateway"]);
    expect(places.count).to.equal(4);
  });

  it("counts a place once, however often it is left", () => {
    const places = new ConnectionPlaces({ total: 1, perLease: 1, perAddress: 1 });
    const first = places.take(hash(1), "a");
    if (first.taken) {
      first.leave();
      first.leave();
    }
    expect(places.count).to.equal(0);
    expect(places.take(hash(1), "a").taken).to.equal(true);
    expect(places.take(hash(1), "a").taken).to.equal(false);
  });

  it("never exceeds a limit, and is empty when all have left", () => {
    const limits = { total: 6, perLease: 4, perAddress: 2 };
    const step = fc.record({ lease: fc.nat({ max: 2 }), address: fc.nat({ max: 3 }), leaves: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const places = new ConnectionPlaces(limits);
        const held: { key: string; place: Extract<Place, { taken: true }> }[] = [];
        const count = (prefix: string): number => held.filter(({ key }) => key.startsWith(prefix)).length;
        for (const { lease, address, leaves } of steps) {
          if (leaves) held.shift()?.place.leave();
          else {
            const place = places.take(hash(lease), String(address));
            const isFree =
              held.length < limits.total &&
              count(`${lease} `) < limits.perLease &&
              count(`${lease} ${address}`) < limits.perAddress;
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
});
