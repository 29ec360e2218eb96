import { explainRevert, slasherAbi } from "@fizz/protocol/chain";
import { expect } from "chai";
import { type Abi, ContractFunctionRevertedError, encodeErrorResult, parseEther } from "viem";

/** For errors that are named by a string. */
const abi: Abi = slasherAbi;

describe("explainRevert, of the slasher", () => {
  it("has a sentence for every error", () => {
    const names = slasherAbi.flatMap((item) => (item.type === "error" ? [item.name] : []));
    for (const name of names.filter((each) => each.startsWith("Slasher_"))) {
      const item = slasherAbi.find((each) => each.type === "error" && each.name === name);
      const inputs = item !== undefined && "inputs" in item ? item.inputs : [];
      const args = inputs.map(({ type }) => sampleOf(type));
      const data = encodeErrorResult({ abi, errorName: name, args });
      const error = new ContractFunctionRevertedError({ abi: slasherAbi, data, functionName: "settle" });
      expect(explainRevert(error)?.message, name).to.be.a("string").and.not.contain("The contract refused");
    }
  });

  it("says both figures of a wrong deposit, in ETH", () => {
    const data = encodeErrorResult({
      abi: slasherAbi,
      errorName: "Slasher_WrongDeposit",
      args: [parseEther("0.009"), parseEther("0.01")],
    });
    const error = new ContractFunctionRevertedError({ abi: slasherAbi, data, functionName: "settle" });
    expect(explainRevert(error)?.message).to.contain("0.01 ETH").and.contain("0.009 ETH");
  });

  function sampleOf(type: string): unknown {
    if (type === "address") return "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
    if (type === "bytes32") return `0x${"11".repeat(32)}`;
    if (type === "string") return "deposit";
    return /^uint(?:8|16|32)$/.test(type) ? 1 : 1_800_000_000n;
  }
});
