import { leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import {
  BaseError,
  ContractFunctionExecutionError,
  ContractFunctionRevertedError,
  encodeErrorResult,
  HttpRequestError,
  InsufficientFundsError,
  parseEther,
  UserRejectedRequestError,
  zeroAddress,
} from "viem";
import { describeError } from "../../../web/src/chain/describe-error.ts";

describe("describeError", () => {
  for (const [name, error] of [
    ["what viem throws", new UserRejectedRequestError(new Error("no"))],
    ["what viem wraps", new BaseError("outer", { cause: new UserRejectedRequestError(new Error("no")) })],
    ["what a wallet throws", { code: 4_001, message: "no" }],
  ] as const)
    it(`takes a refusal as a decision: ${name}`, () => {
      expect(describeError(error)).to.include({ code: "WALLET_REJECTED", isNeutral: true });
    });

  it("says what the contract would refuse, with the figures", () => {
    const described = describeError(revert());
    expect(described).to.include({ code: "INSUFFICIENT_ESCROW", isNeutral: false });
    expect(described.message).to.contain("1 free").and.to.contain("2.5");
  });

  it("keeps code and sentence of our own errors", () => {
    const error = new ProtocolError("NODE_FULL", "The node is full.");
    expect(describeError(error)).to.include({ code: "NODE_FULL", message: "The node is full." });
  });

  it("tells an empty wallet from a chain that is away", () => {
    const empty = new BaseError("x", { cause: new InsufficientFundsError() });
    const away = new BaseError("x", { cause: new HttpRequestError({ url: "http://127.0.0.1:1" }) });
    expect(describeError(empty).code).to.equal("INSUFFICIENT_FUNDS");
    expect(describeError(away).code).to.equal("CHAIN_UNREACHABLE");
  });

  it("never shows what it does not understand", () => {
    expect(describeError(new TypeError("x is not a function")).message).to.not.contain("function");
  });
});

function revert(): ContractFunctionExecutionError {
  const data = encodeErrorResult({
    abi: leaseMarketAbi,
    errorName: "LeaseMarket_InsufficientFree",
    args: [zeroAddress, zeroAddress, parseEther("1"), parseEther("2.5")],
  });
  const cause = new ContractFunctionRevertedError({ abi: leaseMarketAbi, data, functionName: "open" });
  return new ContractFunctionExecutionError(cause, { abi: leaseMarketAbi, args: [], functionName: "open" });
}
