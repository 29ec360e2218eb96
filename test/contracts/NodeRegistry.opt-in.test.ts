import { expect } from "chai";
import { network } from "hardhat";
import { hashTypedData, keccak256, recoverAddress, toHex, zeroAddress } from "viem";
import { hashStruct } from "viem/utils";
import { fizzDomain, optInTypedData, type SubnetOptIn, subnetOptInTypes } from "@fizz/protocol/typed-data";
import { addressOf } from "../support/contracts/market-fixture.ts";
import { deployRegistries, NODE_STATUS } from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("NodeRegistry: signed opt-ins", () => {
  it("are the typed data of protocol/: the type of the interface, over exactly these fields", async () => {
    const type =
      "SubnetOptIn(uint64 nodeId,uint32 subnetId,uint16 acceptedCutBps,uint40 expiresAt,uint256 nonce)";
    const fields = subnetOptInTypes.SubnetOptIn.map(({ name, type: of }) => `${of} ${name}`).join(",");
    expect(`SubnetOptIn(${fields})`).to.equal(type);
    const { nodes, provider, optIn, signOptIn, domains, join } = await setup();
    const message = await optIn();
    const encoded = hashStruct({ data: message, primaryType: "SubnetOptIn", types: subnetOptInTypes });
    expect(encoded).to.not.equal(keccak256(toHex(type)));
    const signature = await signOptIn(message);
    const hash = hashTypedData(optInTypedData(domains.nodes, message));
    expect(await recoverAddress({ hash, signature })).to.equal(addressOf(provider));
    for (const changes of [
      { nodeId: 1n },
      { subnetId: 2 },
      { acceptedCutBps: 1_501 },
      { expiresAt: message.expiresAt + 1 },
      { nonce: 8n },
    ]) {
      await assertions.revertWithCustomError(
        join({ ...message, ...changes }, signature),
        nodes,
        "NodeRegistry_BadOptInSignature",
      );
    }
    await join(message, signature);
  });

  it("let a stranger bring the operator's word", async () => {
    const { nodes, optIn, signOptIn, join } = await setup();
    const message = await optIn();
    const joined = join(message, await signOptIn(message));
    await assertions.emitWithArgs(joined, nodes, "SubnetJoined", [2n, 1, 1_500]);
    await assertions.emitWithArgs(joined, nodes, "OptInSpent", [2n, 7n]);
    await assertions.emitWithArgs(joined, nodes, "NodeStatusChanged", [2n, NODE_STATUS.active]);
    expect(await nodes.read.membershipOf([2n, 1])).to.deep.equal([true, 1_500]);
    expect(await nodes.read.isOptInSpent([2n, 7n])).to.equal(true);
    expect(await nodes.read.isOptInSpent([2n, 6n])).to.equal(false);
  });

  it("let a stranger bring the owner's word, also of an owner that is a contract", async () => {
    const { nodes, optIn, signOptIn, join, nodeOwner, other, newSubnetId } = await setup();
    const byOwner = await optIn({ nodeId: 1n, subnetId: newSubnetId });
    await join(byOwner, await signOptIn(byOwner, nodeOwner));
    const byContract = await optIn({ nodeId: 3n });
    await join(byContract, await signOptIn(byContract, other));
    expect(await nodes.read.membershipOf([3n, 1])).to.deep.equal([true, 1_500]);
  });

  it("are refused when neither owner nor operator signed", async () => {
    const { nodes, optIn, signOptIn, join, stranger } = await setup();
    const message = await optIn();
    await assertions.revertWithCustomErrorWithArgs(
      join(message, await signOptIn(message, stranger)),
      nodes,
      "NodeRegistry_BadOptInSignature",
      [2n, addressOf(stranger)],
    );
    await assertions.revertWithCustomErrorWithArgs(
      join(message, "0x1234"),
      nodes,
      "NodeRegistry_BadOptInSignature",
      [2n, zeroAddress],
    );
    const ofContract = await optIn({ nodeId: 3n });
    await assertions.revertWithCustomErrorWithArgs(
      join(ofContract, await signOptIn(ofContract, stranger)),
      nodes,
      "NodeRegistry_BadOptInSignature",
      [3n, addressOf(stranger)],
    );
  });

  it("are refused when they name another contract or another chain", async () => {
    const { nodes, optIn, join, provider, market, chainId } = await setup();
    const message = await optIn();
    for (const domain of [fizzDomain(chainId, market.address), fizzDomain(chainId + 1, nodes.address)]) {
      const signature = await provider.signTypedData({
        account: provider.account,
        ...optInTypedData(domain, message),
      });
      await assertions.revertWithCustomError(
        join(message, signature),
        nodes,
        "NodeRegistry_BadOptInSignature",
      );
    }
  });

  it("are refused when expired, and good in their last second", async () => {
    const { nodes, optIn, signOptIn, join } = await setup();
    const message = await optIn();
    const signature = await signOptIn(message);
    const snapshot = await networkHelpers.takeSnapshot();
    await networkHelpers.time.setNextBlockTimestamp(message.expiresAt + 1);
    await assertions.revertWithCustomErrorWithArgs(
      join(message, signature),
      nodes,
      "NodeRegistry_OptInExpired",
      [message.expiresAt, BigInt(message.expiresAt + 1)],
    );
    await snapshot.restore();
    await networkHelpers.time.setNextBlockTimestamp(message.expiresAt);
    await join(message, signature);
  });

  it("are used once: not again after the node left", async () => {
    const { nodes, optIn, signOptIn, join, provider } = await setup();
    const message = await optIn();
    const signature = await signOptIn(message);
    await join(message, signature);
    await nodes.write.leaveSubnet([2n, 1], { account: provider.account });
    await assertions.revertWithCustomErrorWithArgs(
      join(message, signature),
      nodes,
      "NodeRegistry_OptInUsed",
      [2n, 7n],
    );
  });

  it("are not used up by a join that is refused", async () => {
    const { nodes, optIn, signOptIn, join } = await setup();
    const message = await optIn({ acceptedCutBps: 999 });
    await assertions.revertWithCustomErrorWithArgs(
      join(message, await signOptIn(message)),
      nodes,
      "NodeRegistry_CutTooHigh",
      [1_000, 999],
    );
    expect(await nodes.read.isOptInSpent([2n, 7n])).to.equal(false);
  });

  it("can be taken back by the node, and by nobody else", async () => {
    const { nodes, optIn, signOptIn, join, provider, stranger } = await setup();
    const message = await optIn();
    await assertions.revertWithCustomErrorWithArgs(
      nodes.write.invalidateOptIn([2n, 7n], { account: stranger.account }),
      nodes,
      "NodeRegistry_NotOwnerOrOperator",
      [2n, addressOf(stranger)],
    );
    await assertions.emitWithArgs(
      nodes.write.invalidateOptIn([2n, 7n], { account: provider.account }),
      nodes,
      "OptInSpent",
      [2n, 7n],
    );
    await assertions.revertWithCustomErrorWithArgs(
      join(message, await signOptIn(message)),
      nodes,
      "NodeRegistry_OptInUsed",
      [2n, 7n],
    );
  });

  describe("setAcceptedCut", () => {
    it("accepts another cut from now on, by owner or operator", async () => {
      const { nodes, operator, nodeOwner } = await setup();
      for (const [wallet, cut] of [
        [operator, 1_700],
        [nodeOwner, 10_000],
      ] as const) {
        await assertions.emitWithArgs(
          nodes.write.setAcceptedCut([1n, 1, cut], { account: wallet.account }),
          nodes,
          "AcceptedCutChanged",
          [1n, 1, cut],
        );
        expect(await nodes.read.membershipOf([1n, 1])).to.deep.equal([true, cut]);
      }
    });

    it("is refused to others, outside of the subnet, and above 100 %", async () => {
      const { nodes, operator, stranger } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.setAcceptedCut([1n, 1, 1], { account: stranger.account }),
        nodes,
        "NodeRegistry_NotOwnerOrOperator",
        [1n, addressOf(stranger)],
      );
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.setAcceptedCut([1n, 2, 1], { account: operator.account }),
        nodes,
        "NodeRegistry_NotInSubnet",
        [1n, 2],
      );
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.setAcceptedCut([1n, 1, 10_001], { account: operator.account }),
        nodes,
        "NodeRegistry_BadAcceptedCut",
        [10_001, 10_000],
      );
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployRegistries);
    const { nodes, stranger } = fixture;
    const join = async (message: SubnetOptIn, signature: `0x${string}`) =>
      await nodes.write.joinSubnetWithSignature([message, signature], { account: stranger.account });
    return { ...fixture, join, newSubnetId: 2 };
  }
});
