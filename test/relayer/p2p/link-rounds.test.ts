import { expect } from "chai";
import { LinkRounds } from "../../../relayer/src/p2p/link-rounds.ts";

const IDS = Array.from({ length: 23 }, (_, index) => 2n ** 64n + 7n * BigInt(index));

describe("links in parts", () => {
  it("come once each in five turns, a fifth in each", () => {
    const links = new LinkRounds<string>();
    for (const id of IDS) links.set(id, `link ${id}`);
    for (let round = 0; round < 3; round += 1) {
      const parts = Array.from({ length: 5 }, () => [...links.next()]);
      for (const part of parts) expect(part.length).to.be.within(4, 5);
      expect(new Map(parts.flat())).to.deep.equal(new Map(IDS.map((id) => [id, `link ${id}`])));
    }
  });

  it("are found, replaced and taken out by their node", () => {
    const links = new LinkRounds<string>();
    for (const id of IDS) links.set(id, "first");
    const [one = 0n, two = 0n, ...others] = IDS;
    links.set(one, "second");
    links.delete(two);
    links.delete(99n);
    expect([links.get(one), links.get(two)]).to.deep.equal(["second", undefined]);
    expect([...links.values()].sort()).to.deep.equal([...others.map(() => "first"), "second"]);
  });
});
