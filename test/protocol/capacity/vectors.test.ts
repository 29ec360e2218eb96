import { verifySegment } from "@fizz/protocol/capacity";
import { expect } from "chai";
import { commitChains } from "../../support/capacity/chains.ts";
import {
  expectedVerdict,
  makeCapacityVectors,
  readCapacityVectors,
  vectorWork,
  writeCapacityVectors,
} from "../../support/capacity/vectors.ts";

/** `UPDATE_VECTORS=1 npx mocha test/protocol/capacity/vectors.test.ts` writes the file anew. */
if (process.env["UPDATE_VECTORS"] === "1") writeCapacityVectors(makeCapacityVectors());

describe("test/vectors/capacity.json", () => {
  const vectors = readCapacityVectors();

  it("says what the protocol computes", () => {
    expect(makeCapacityVectors()).to.deep.equal(vectors);
  });

  for (const vector of vectors.cases) {
    it(`is judged as it says: ${vector.name}`, () => {
      const { nodeSeed } = vectors;
      const work = vectorWork(vector.kind, vectors);
      const committed = commitChains({ nodeSeed, work, falsehood: vector.falsehood });
      const verdict = verifySegment({ nodeSeed, work, root: vector.root }, committed.open(vector));
      expect(verdict).to.deep.equal(expectedVerdict(vector));
    });
  }

  it("has one opening in full", () => {
    const work = vectorWork("cpu", vectors);
    const root =
      vectors.cases.find(({ kind, outcome }) => kind === "cpu" && outcome === "right")?.root ?? "0x";
    expect(verifySegment({ nodeSeed: vectors.nodeSeed, work, root }, vectors.opening)).to.deep.equal({
      outcome: "right",
    });
  });
});
