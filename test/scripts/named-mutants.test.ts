import { expect } from "chai";
import { disagreements, readInvariants } from "../../scripts/lib/contracts/invariant-list.ts";
import {
  type NamedMutant,
  readNamedMutants,
  renderNamedMutants,
} from "../../scripts/lib/contracts/named-mutants.ts";

const DROPPED: NamedMutant = {
  number: "7",
  mutant: "the units never come in",
  file: "contracts/libraries/EscrowLedger.sol",
  as: "statement",
  find: "book.free[account][token] += units;",
  replace: "",
  test: "test/invariants/LeaseMarket.t.sol",
  name: "invariant_Money",
};

describe("the mutants of the invariants", () => {
  it("are named for each number of the list, by the same words", async () => {
    const listed = await readInvariants();
    expect(listed.length).to.be.greaterThan(40);
    expect(disagreements(listed, await readNamedMutants())).to.deep.equal([]);
  });

  it("each have one place in the contracts", async () => {
    const mutants = await readNamedMutants();
    const sources = Object.values(await renderNamedMutants(mutants)).join("");
    for (const id of mutants.keys()) expect(sources).to.include(`Probe.on(${id + 1})`);
  });

  it("are behind a switch each, also where two have one place", async () => {
    const { [DROPPED.file]: both } = await renderNamedMutants([DROPPED, DROPPED]);
    expect(both).to.include(
      "{ if (Probe.on(1)) {  } else { { if (Probe.on(2)) {  } else { book.free[account][token] += units; } } } }",
    );
  });

  it("are refused when their text is not there, or is there twice", async () => {
    for (const find of ["no such text", "Math.min("]) {
      const refused = await renderNamedMutants([{ ...DROPPED, find }]).catch((error: unknown) => error);
      expect(refused).to.have.property("code", "MUTANT_HAS_NO_PLACE");
    }
  });

  it("are missed in the list, and the list in them", () => {
    const listed = [
      { number: "7", mutants: "another name" },
      { number: "8", mutants: "" },
    ];
    expect(disagreements(listed, [DROPPED, { ...DROPPED, number: "9" }])).to.have.lengthOf(3);
  });
});
