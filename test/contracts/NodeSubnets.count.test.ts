import { expect } from "chai";
import { network } from "hardhat";
import { deployRegistries, MODE } from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("NodeSubnets: how many subnets a node is in", () => {
  it("goes up and down by one, and the last one that it leaves makes it registered", async () => {
    const { nodes, provider, statusOf } = await setup();
    const { account } = provider;
    const subnetCount = async () => (await nodes.read.nodeOf([2n])).subnetCount;
    await nodes.write.joinSubnet([2n, 1, 2_000], { account });
    await nodes.write.joinSubnet([2n, 2, 2_000], { account });
    expect(await subnetCount()).to.equal(2);
    await nodes.write.leaveSubnet([2n, 1], { account });
    expect([await subnetCount(), await statusOf(2n)]).to.deep.equal([1, "active"]);
    await nodes.write.leaveSubnet([2n, 2], { account });
    expect([await subnetCount(), await statusOf(2n)]).to.deep.equal([0, "registered"]);
  });

  it("a provider node without a bond joins none", async () => {
    const { nodes, other, newNode } = await setup();
    const nodeId = await newNode(other, { mode: MODE.provider });
    await assertions.revertWithCustomError(
      nodes.write.joinSubnet([nodeId, 1, 2_000], { account: other.account }),
      nodes,
      "NodeRegistry_BondTooLow",
    );
  });

  it("an operator that is not the owner signs an opt-in for its node", async () => {
    const { nodes, operator, stranger, optIn, signOptIn } = await setup();
    const message = await optIn({ nodeId: 1n, subnetId: 2 });
    const joined = nodes.write.joinSubnetWithSignature([message, await signOptIn(message, operator)], {
      account: stranger.account,
    });
    await assertions.emitWithArgs(joined, nodes, "SubnetJoined", [1n, 2, message.acceptedCutBps]);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRegistries);
  }
});
