import {
  explainRevert,
  protocolTimelockAbi,
  subnetGovernorAbi,
  subnetGovernorFactoryAbi,
  subnetVotesAbi,
} from "@fizz/protocol/chain";
import { expect } from "chai";
import { type Abi, type AbiParameter, ContractFunctionRevertedError, encodeErrorResult, toHex } from "viem";

const values: Readonly<Record<string, unknown>> = {
  address: "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
  bytes32: toHex("votingDelay", { size: 32 }),
  bytes4: "0x11223344",
  uint8: 1,
  uint32: 7,
  uint64: 8n,
  uint256: 2n * 86_400n,
};

/** Of OpenZeppelin's errors those have a sentence that a voter or an operator of the timelock can meet. */
const OWN = /^(ProtocolTimelock|SubnetGovernor|SubnetGovernorFactory|SubnetVotes)_/;
const INHERITED = new Set([
  "AccessControlUnauthorizedAccount",
  "GovernorAlreadyCastVote",
  "GovernorInsufficientProposerVotes",
  "GovernorInvalidSignature",
  "GovernorInvalidVoteType",
  "GovernorNonexistentProposal",
  "GovernorUnableToCancel",
  "GovernorUnexpectedProposalState",
  "TimelockInsufficientDelay",
  "TimelockUnauthorizedCaller",
  "TimelockUnexecutedPredecessor",
  "TimelockUnexpectedOperationState",
]);

interface CustomError {
  readonly name: string;
  readonly inputs: readonly AbiParameter[];
}

function errorsOf(abi: Abi): readonly CustomError[] {
  return abi
    .filter((item) => item.type === "error")
    .filter(({ name }) => OWN.test(name) || INHERITED.has(name));
}

describe("explainRevert of governance", () => {
  const abis: readonly Abi[] = [
    protocolTimelockAbi,
    subnetGovernorAbi,
    subnetGovernorFactoryAbi,
    subnetVotesAbi,
  ];
  const found = abis.flatMap((abi) => errorsOf(abi).map((error) => ({ abi, ...error })));

  for (const { abi, name, inputs } of found)
    it(`has a sentence for ${name}`, () => {
      const explained = explain(
        abi,
        name,
        inputs.map(({ type }) => values[type]),
      );
      expect(explained?.name).to.equal(name);
      expect(explained?.message)
        .to.match(/^\w.*\.$/)
        .and.not.contain("The contract refused")
        .and.not.contain("undefined");
    });

  it("knows every error that it promises to know", () => {
    expect(found.map(({ name }) => name)).to.include.members([...INHERITED]);
  });

  it("says states, days, votes and settings in words", () => {
    expect(
      [
        explain(subnetGovernorAbi, "GovernorUnexpectedProposalState", [5n, 1, values["bytes32"]]),
        explain(protocolTimelockAbi, "TimelockInsufficientDelay", [86_400n, 4n * 86_400n]),
        explain(subnetGovernorAbi, "GovernorInsufficientProposerVotes", [
          values["address"],
          10n ** 16n,
          10n ** 18n,
        ]),
        explain(subnetGovernorAbi, "SubnetGovernor_SettingOutOfRange", [values["bytes32"], 1n, 2n, 3n]),
      ].map((explained) => explained?.message),
    ).to.deep.equal([
      "Proposal 5 is being voted on.",
      "An operation waits for at least 4 days, not 1 day.",
      `A proposal needs 1 votes; ${String(values["address"])} has 0.01.`,
      "votingDelay lies between 2 and 3, not at 1.",
    ]);
  });

  function explain(abi: Abi, errorName: string, args: readonly unknown[]) {
    const data = encodeErrorResult({ abi, errorName, args });
    return explainRevert(new ContractFunctionRevertedError({ abi, data, functionName: "any" }));
  }
});
