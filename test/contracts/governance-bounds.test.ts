import { expect } from "chai";
import { network } from "hardhat";
import { getAddress, slice, toFunctionSelector } from "viem";
import {
  DAY,
  deployGovernance,
  LATE_QUORUM_SECONDS,
  OTHER_SUBNET,
  STATE,
  SUBNET,
} from "../support/contracts/governance-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const SUBNET_END = 36;

describe("SubnetGovernor: bounds, to the last unit", () => {
  it("a node may need a second less to leave than execution waits", async () => {
    const { registry, rewards, forwarder } = await setup();
    const deploy = async (exitSeconds: number) => {
      const books = await viem.deployContract("EarningsMock", [exitSeconds]);
      return await viem.deployContract("SubnetGovernor", [
        registry.address,
        rewards.address,
        books.address,
        forwarder.account.address,
      ]);
    };
    const governor = await deploy(4 * DAY - 1);
    expect(await governor.read.MIN_EXECUTION_DELAY()).to.equal(BigInt(4 * DAY));
    const error: unknown = await deploy(4 * DAY).catch((reason: unknown) => reason);
    expect(String(error)).to.contain("SubnetGovernor_ExitTooLong");
  });

  it("a late quorum gives two days more", async () => {
    const { governor } = await setup();
    expect(await governor.read.lateQuorumVoteExtension()).to.equal(LATE_QUORUM_SECONDS);
  });

  it("call data that ends right behind the subnet names it", async () => {
    const { governor, registry, proposalOf, setCut, propose, stateOf } = await setup();
    const own = await propose(proposalOf([slice(setCut(400), 0, SUBNET_END)]));
    expect(await stateOf(own)).to.equal(STATE.pending);
    await assertions.revertWithCustomErrorWithArgs(
      propose(proposalOf([slice(setCut(400, OTHER_SUBNET), 0, SUBNET_END)])),
      governor,
      "SubnetGovernor_ForeignSubnet",
      [0n, BigInt(OTHER_SUBNET), SUBNET],
    );
    await assertions.revertWithCustomErrorWithArgs(
      propose(proposalOf([slice(setCut(400), 0, SUBNET_END - 1)])),
      governor,
      "SubnetGovernor_ForbiddenCall",
      [0n, getAddress(registry.address), toFunctionSelector("setCut(uint32,uint16)")],
    );
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployGovernance);
  }
});
