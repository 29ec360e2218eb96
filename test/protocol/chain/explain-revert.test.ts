import {
  capacityRoundsAbi,
  explainRevert,
  leaseMarketAbi,
  nodeRegistryAbi,
  subnetRegistryAbi,
} from "@fizz/protocol/chain";
import { expect } from "chai";
import { type Abi, ContractFunctionRevertedError, encodeErrorResult, parseEther } from "viem";

const tenant = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
const native = "0x0000000000000000000000000000000000000000";

describe("explainRevert", () => {
  it("says both figures of a wrong fee, in ETH", () => {
    const data = encodeErrorResult({
      abi: nodeRegistryAbi,
      errorName: "NodeRegistry_WrongFee",
      args: [parseEther("0.004"), parseEther("0.005")],
    });
    const error = new ContractFunctionRevertedError({ abi: nodeRegistryAbi, data, functionName: "register" });
    expect(explainRevert(error)).to.deep.include({ code: "TX_REVERTED", name: "NodeRegistry_WrongFee" });
    expect(explainRevert(error)?.message).to.contain("0.005 ETH").and.contain("0.004 ETH");
  });

  it("names what is missing in the escrow account", () => {
    const data = encodeErrorResult({
      abi: leaseMarketAbi,
      errorName: "LeaseMarket_InsufficientFree",
      args: [tenant, native, parseEther("1"), parseEther("3")],
    });
    const error = new ContractFunctionRevertedError({ abi: leaseMarketAbi, data, functionName: "open" });
    expect(explainRevert(error)?.code).to.equal("INSUFFICIENT_ESCROW");
    expect(explainRevert(error)?.message).to.contain("has 1 free").and.contain("needs 3");
  });

  it("decodes an error of one contract that bubbled through another", () => {
    const data = encodeErrorResult({
      abi: nodeRegistryAbi,
      errorName: "NodeRegistry_NotOwner",
      args: [7n, tenant],
    });
    const error = new ContractFunctionRevertedError({ abi: leaseMarketAbi, data, functionName: "open" });
    expect(explainRevert(error)?.name).to.equal("NodeRegistry_NotOwner");
  });

  const registries: readonly (readonly [string, Abi])[] = [
    ["NodeRegistry", nodeRegistryAbi],
    ["SubnetRegistry", subnetRegistryAbi],
  ];
  for (const [contract, abi] of registries) {
    const errors: readonly CustomError[] = abi.filter(
      (item): item is Extract<typeof item, { type: "error" }> => item.type === "error",
    );
    for (const { name, inputs } of errors.filter((error) => error.name.startsWith(`${contract}_`)))
      it(`has a sentence for ${name}`, () => {
        const args = inputs.map(({ type }) => sample(type));
        const data = encodeErrorResult({ abi, errorName: name, args });
        const error = new ContractFunctionRevertedError({ abi, data, functionName: "any" });
        const explained = explainRevert(error);
        expect(explained).to.deep.include({ code: "TX_REVERTED", name });
        expect(explained?.message)
          .to.match(/^[A-Z0-9].*\.$/)
          .and.not.contain("The contract refused");
      });
  }

  it("shows name and values of an error that has no sentence", () => {
    const data = encodeErrorResult({
      abi: leaseMarketAbi,
      errorName: "LeaseMarket_BatchTooLong",
      args: [101n, 100n],
    });
    const error = new ContractFunctionRevertedError({
      abi: leaseMarketAbi,
      data,
      functionName: "settleMany",
    });
    expect(explainRevert(error)?.message).to.equal(
      "The contract refused: LeaseMarket_BatchTooLong(101, 100).",
    );
  });

  for (const item of capacityRoundsAbi) {
    if (item.type !== "error" || !item.name.startsWith("CapacityRounds_")) continue;
    it(`has a sentence for ${item.name}`, () => {
      const args = item.inputs.map(({ type }) => sampleOf(type)) as never;
      const data = encodeErrorResult({ abi: capacityRoundsAbi, errorName: item.name, args });
      const error = new ContractFunctionRevertedError({ abi: capacityRoundsAbi, data, functionName: "post" });
      const explained = explainRevert(error);
      expect(explained?.name).to.equal(item.name);
      expect(explained?.message).not.to.contain("The contract refused").and.not.to.contain("undefined");
    });
  }

  function sampleOf(type: string): unknown {
    if (type === "address") return tenant;
    if (type === "bytes32") return `0x${"11".repeat(32)}`;
    return type === "uint256" || type === "uint64" ? 7n : 7;
  }

  it("gives nothing for what is no revert", () => {
    expect(explainRevert(new TypeError("fetch failed"))).to.equal(undefined);
  });
});

interface CustomError {
  readonly name: string;
  readonly inputs: readonly { readonly type: string }[];
}

function sample(type: string): unknown {
  if (type === "address") return tenant;
  if (type === "string") return "milliCpu";
  return /^uint(8|16|32|40)$/.test(type) ? 3 : 3n;
}
