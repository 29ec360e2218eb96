import { IdTable } from "@fizz/protocol/streams";
import { expect } from "chai";
import fc from "fast-check";

describe("IdTable", () => {
  it("has what a Map has, whatever numbers come and go", () => {
    // Few numbers, many of which share a place, and some of the whole range.
    const id = fc.oneof(
      fc.nat(40),
      fc.nat(6).map((times) => 3 + times * 16),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    );
    const step = fc.record({ id, adds: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new IdTable<{ readonly id: number }>();
        const map = new Map<number, { readonly id: number }>();
        for (const one of steps) {
          if (!one.adds) expect(table.delete(one.id)).to.equal(map.delete(one.id));
          else if (!map.has(one.id)) {
            const item = { id: one.id };
            table.add(item);
            map.set(one.id, item);
          }
          expect(table.size).to.equal(map.size);
          for (const { id: known } of steps) expect(table.get(known)).to.equal(map.get(known));
        }
        expect([...table].map(({ id: known }) => known)).to.have.members([...map.keys()]);
        table.clear();
        expect([table.size, [...table].length]).to.deep.equal([0, 0]);
      }),
    );
  });

  it("finds thousands at once, and those that stay when the others go", () => {
    const table = new IdTable<{ readonly id: number }>();
    const ids = Array.from({ length: 5_000 }, (_, at) => (at * 7) % 2 ** 32);
    for (const id of ids) table.add({ id });
    for (const id of ids) if (id % 3 !== 0) table.delete(id);
    expect(ids.filter((id) => table.has(id))).to.deep.equal(ids.filter((id) => id % 3 === 0));
  });
});
