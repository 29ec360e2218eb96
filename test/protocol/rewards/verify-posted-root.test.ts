import { type ChainFacts, computeEra, verifyPostedRoot } from "@fizz/protocol/rewards";
import { amount } from "@fizz/protocol/units";
import { expect } from "chai";
import { zeroHash } from "viem";
import { eraData, nextData, nodeRow } from "./sample.ts";

describe("verifyPostedRoot", () => {
  it("finds nothing wrong with an honest report", () => {
    const { data, chain } = setup();
    expect(verifyPostedRoot(data, chain)).to.deep.equal([]);
    const first = eraData();
    const { tree, cumulativeTotal } = computeEra(first);
    const facts = {
      ...chain,
      era: 20_001,
      root: tree?.root ?? zeroHash,
      cumulativeTotal,
      previous: undefined,
    };
    expect(verifyPostedRoot(first, facts)).to.deep.equal([]);
  });

  it("finds a root and a total that are not what the data says", () => {
    const { data, chain } = setup();
    expect(verifyPostedRoot(data, { ...chain, root: zeroHash })).to.deep.equal(["ROOT_DIFFERS"]);
    expect(verifyPostedRoot(data, { ...chain, cumulativeTotal: 1n })).to.deep.equal(["TOTAL_DIFFERS"]);
  });

  it("finds data of another subnet or era", () => {
    const { data, chain } = setup();
    expect(verifyPostedRoot(data, { ...chain, subnetId: 2 })).to.deep.equal(["SUBNET_DIFFERS"]);
    expect(verifyPostedRoot(data, { ...chain, era: 20_003 })).to.deep.equal(["ERA_DIFFERS"]);
    const previous = { root: chain.previous?.root ?? zeroHash, era: 19_999 };
    expect(verifyPostedRoot(data, { ...chain, previous })).to.deep.equal(["ERA_DIFFERS"]);
  });

  it("finds a report that forgets what was promised before", () => {
    const { data, chain } = setup();
    const [first, ...others] = data.previous;
    const forgetful = { ...data, previous: others };
    expect(first?.nodeId).to.equal(1n);
    expect(verifyPostedRoot(forgetful, chain)).to.include("PREVIOUS_DIFFERS");
    expect(verifyPostedRoot({ ...data, previous: [] }, chain)).to.include("PREVIOUS_DIFFERS");
  });

  it("finds budgets that the chain did not grant", () => {
    const { data, chain } = setup();
    expect(verifyPostedRoot(data, { ...chain, livenessBudget: amount(599n) })).to.deep.equal(["OVER_BUDGET"]);
    expect(verifyPostedRoot(data, { ...chain, utilisationBudget: amount(999n) })).to.deep.equal([
      "OVER_BUDGET",
    ]);
  });

  it("finds leased points that the market did not meter", () => {
    const { data, chain } = setup();
    const leasedOf = (nodeId: bigint) => (nodeId === 1n ? 500n : 0n);
    expect(verifyPostedRoot(data, { ...chain, leasedOf })).to.deep.equal([]);
    expect(verifyPostedRoot(data, { ...chain, leasedOf: () => 500n })).to.deep.equal(["LEASED_DIFFERS"]);
  });

  it("finds a node that was added after the root was made", () => {
    const { data, chain } = setup();
    const more = { ...data, nodes: [...data.nodes, nodeRow({ nodeId: 9n, era: 20_002 })] };
    expect(verifyPostedRoot(more, chain)).to.include("ROOT_DIFFERS");
  });

  function setup() {
    const first = eraData();
    const data = nextData(first);
    const { tree, cumulativeTotal } = computeEra(data);
    const chain: ChainFacts = {
      subnetId: 1,
      era: 20_002,
      root: tree?.root ?? zeroHash,
      cumulativeTotal,
      previous: { root: computeEra(first).tree?.root ?? zeroHash, era: 20_001 },
      utilisationBudget: data.utilisationBudget,
      livenessBudget: data.livenessBudget,
    };
    return { data, chain };
  }
});
