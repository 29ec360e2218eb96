import { expect } from "chai";
import { parseEther } from "viem";
import { readAmount } from "../../../web/src/features/escrow/read-amount.ts";

describe("readAmount", () => {
  it("reads decimals exactly", () => {
    expect(readAmount(" 0.05 ")).to.deep.equal({ ok: true, wei: parseEther("0.05") });
  });
  for (const text of ["", "  ", "0", "0.0", "-1", "1e3", "abc", "0.0000000000000000001"])
    it(`refuses "${text}" with a sentence`, () => {
      const result = readAmount(text);
      expect(result.ok ? "" : result.problem).to.match(/^.{10,}\.$/);
    });
  it("refuses more than there is", () => {
    expect(readAmount("2", parseEther("1"))).to.deep.equal({ ok: false, problem: "Only 1 ETH is free." });
  });
});
