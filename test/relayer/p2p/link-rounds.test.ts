import { expect } from "chai";
import { IDLE_TICK_MS } from "@fizz/protocol/streams";
import { LinkRounds, PART_MS } from "../../../relayer/src/p2p/link-rounds.ts";

const PARTS = IDLE_TICK_MS / PART_MS;
const IDS = Array.from({ length: 4 * PARTS + 3 }, (_, index) => 2n ** 64n + 7n * BigInt(index));

describe("links in parts", () => {
  it("come once each in 5 s, as many in each tenth of a second", () => {
    const links = new LinkRounds<string>();
    for (const id of IDS) links.set(id, `link ${id}`);
    for (let round = 0; round < 3; round += 1) {
      const parts = Array.from({ length: 50 }, () => [...links.next()]);
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
