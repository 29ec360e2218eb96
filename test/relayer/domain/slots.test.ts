import { expect } from "chai";
import { Slots } from "../../../relayer/src/domain/slots.ts";

describe("Slots", () => {
  it("gives each a place of its own, and a free one to whoever comes next", () => {
    const slots = new Slots<string>();
    const [a, b, c] = ["a", "b", "c"].map((name) => slots.take(name));
    expect(new Set([a, b, c]).size).to.equal(3);
    slots.free(b ?? 0);
    expect([...slots].sort()).to.deep.equal(["a", "c"]);
    expect(slots.size).to.equal(2);
    expect(slots.take("d")).to.equal(b);
    expect([...slots].sort()).to.deep.equal(["a", "c", "d"]);
  });

  it("begins anew when all are gone", () => {
    const slots = new Slots<number>();
    const places = Array.from({ length: 100 }, (_, at) => slots.take(at));
    for (const place of places) slots.free(place);
    expect([...slots]).to.deep.equal([]);
    expect(slots.size).to.equal(0);
    expect(slots.take(1)).to.equal(0);
  });
});
