import { eraRewardsAbi, explainRevert } from "@fizz/protocol/chain";
import { expect } from "chai";
import {
  type AbiParameter,
  type ContractErrorName,
  ContractFunctionRevertedError,
  encodeErrorResult,
} from "viem";

const values: Readonly<Record<string, unknown>> = {
  address: "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
  bytes32: `0x${"0b".repeat(32)}`,
  uint32: 7,
  uint64: 8n,
  uint256: 1_800_000_000n,
};

/** Errors of OpenZeppelin's parts keep their names; the rewards' own have a sentence each. */
const errors = eraRewardsAbi.filter(
  (entry) => entry.type === "error" && entry.name.startsWith("EraRewards_"),
) as readonly {
  readonly name: ContractErrorName<typeof eraRewardsAbi>;
  readonly inputs: readonly AbiParameter[];
}[];

describe("explainRevert of the rewards", () => {
  for (const { name, inputs } of errors)
    it(`has a sentence for ${name}`, () => {
      const args = inputs.map(({ type }) => values[type]);
      const data = encodeErrorResult({ abi: eraRewardsAbi, errorName: name, args: args as never });
      const error = new ContractFunctionRevertedError({ abi: eraRewardsAbi, data, functionName: "claim" });
      const explained = explainRevert(error);
      expect(explained?.name).to.equal(name);
      expect(explained?.message).to.not.contain("The contract refused").and.not.contain("undefined");
    });

  it("says amounts in ETH and times in UTC", () => {
    const over = encodeErrorResult({
      abi: eraRewardsAbi,
      errorName: "EraRewards_OverBudget",
      args: [1, 2n * 10n ** 18n, 10n ** 18n],
    });
    const pending = encodeErrorResult({
      abi: eraRewardsAbi,
      errorName: "EraRewards_RootPending",
      args: [1, `0x${"0b".repeat(32)}`, 1_800_000_000n],
    });
    const explained = [over, pending].map(
      (data) =>
        explainRevert(new ContractFunctionRevertedError({ abi: eraRewardsAbi, data, functionName: "claim" }))
          ?.message,
    );
    expect(explained).to.deep.equal([
      "The root promises 2 ETH more, and subnet 1 has 1 ETH free.",
      "The root pays from 2027-01-15T08:00:00.000Z on.",
    ]);
  });
});
