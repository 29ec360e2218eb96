import { expect } from "chai";
import { network } from "hardhat";
import { getAddress, zeroAddress } from "viem";
import {
  addressOf,
  deployMarket,
  FEE,
  NODE_RESOURCES,
  registration,
  resources,
  SUBNET_CUT_BPS,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const STATUS = { registered: 1, active: 2, draining: 3, exited: 5, suspended: 6 };
const SMALLER = resources({ milliCpu: 1_000, memoryMiB: 512 });

describe("NodeRegistry: the life of a node", () => {
  describe("setResources", () => {
    it("replaces what the node offers", async () => {
      const { nodes, nodeOwner } = await setup();
      await assertions.emitWithArgs(
        nodes.write.setResources([1n, SMALLER], { account: nodeOwner.account }),
        nodes,
        "NodeResourcesChanged",
        [1n, SMALLER],
      );
      expect((await nodes.read.nodeOf([1n])).resources).to.equal(SMALLER);
    });

    it("is refused to the operator", async () => {
      const { nodes, operator } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.setResources([1n, SMALLER], { account: operator.account }),
        nodes,
        "NodeRegistry_NotOwner",
        [1n, addressOf(operator)],
      );
    });

    it("is refused for a node that does not exist", async () => {
      const { nodes, nodeOwner } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.setResources([9n, SMALLER], { account: nodeOwner.account }),
        nodes,
        "NodeRegistry_NodeNotFound",
        [9n],
      );
    });

    it("is refused without CPU", async () => {
      const { nodes, nodeOwner } = await setup();
      await assertions.revertWithCustomError(
        nodes.write.setResources([1n, resources({ milliCpu: 0, memoryMiB: 1 })], {
          account: nodeOwner.account,
        }),
        nodes,
        "NodeRegistry_EmptyResources",
      );
    });
  });

  describe("setDraining", () => {
    it("goes from Active to Draining and back", async () => {
      const { nodes, operator, nodeOwner } = await setup();
      await assertions.emitWithArgs(
        nodes.write.setDraining([1n, true], { account: operator.account }),
        nodes,
        "NodeStatusChanged",
        [1n, STATUS.draining],
      );
      await assertions.emitWithArgs(
        nodes.write.setDraining([1n, false], { account: nodeOwner.account }),
        nodes,
        "NodeStatusChanged",
        [1n, STATUS.active],
      );
    });

    it("goes from Registered to Draining and back", async () => {
      const { nodes, newNode, stranger } = await setup();
      const nodeId = await newNode();
      await nodes.write.setDraining([nodeId, true], { account: stranger.account });
      expect((await nodes.read.nodeOf([nodeId])).status).to.equal(STATUS.draining);
      await nodes.write.setDraining([nodeId, false], { account: stranger.account });
      expect((await nodes.read.nodeOf([nodeId])).status).to.equal(STATUS.registered);
    });

    it("changes nothing where nothing is to change", async () => {
      const { nodes, operator } = await setup();
      const hash = await nodes.write.setDraining([1n, false], { account: operator.account });
      const receipt = await (await viem.getPublicClient()).getTransactionReceipt({ hash });
      expect(receipt.logs).to.deep.equal([]);
      expect((await nodes.read.nodeOf([1n])).status).to.equal(STATUS.active);
    });

    it("is refused to a node that takes no leases anyway, and to others", async () => {
      const { nodes, newNode, stranger } = await setup();
      const nodeId = await newNode();
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.setDraining([nodeId, false], { account: stranger.account }),
        nodes,
        "NodeRegistry_WrongStatus",
        [nodeId, STATUS.registered],
      );
      await assertions.revertWithCustomError(
        nodes.write.setDraining([1n, true], { account: stranger.account }),
        nodes,
        "NodeRegistry_NotOwnerOrOperator",
      );
      await assertions.revertWithCustomError(
        nodes.write.setDraining([9n, true], { account: stranger.account }),
        nodes,
        "NodeRegistry_NodeNotFound",
      );
    });
  });

  describe("fees", () => {
    it("go to the fee receiver, whoever asks", async () => {
      const { nodes, stranger, feeReceiver } = await setup();
      const withdrawn = nodes.write.withdrawFees({ account: stranger.account });
      await assertions.balancesHaveChanged(withdrawn, [
        { address: addressOf(feeReceiver), amount: FEE },
        { address: nodes.address, amount: -FEE },
      ]);
      await assertions.emitWithArgs(withdrawn, nodes, "FeesWithdrawn", [addressOf(feeReceiver), FEE]);
      expect(await nodes.read.feesCollected()).to.equal(0n);
    });

    it("send nothing twice", async () => {
      const { nodes, feeReceiver, stranger } = await setup();
      await nodes.write.withdrawFees({ account: stranger.account });
      await assertions.balancesHaveChanged(nodes.write.withdrawFees({ account: stranger.account }), [
        { address: addressOf(feeReceiver), amount: 0n },
      ]);
    });

    it("stay when the receiver refuses them", async () => {
      const { nodes, market, owner, stranger } = await setup();
      const refusing = await viem.deployContract("HostileReceiver", [market.address]);
      await nodes.write.setFeeReceiver([refusing.address], { account: owner.account });
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.withdrawFees({ account: stranger.account }),
        nodes,
        "NodeRegistry_TransferFailed",
        [getAddress(refusing.address), FEE],
      );
      expect(await nodes.read.feesCollected()).to.equal(FEE);
    });

    it("get another receiver from the protocol's owner alone", async () => {
      const { nodes, owner, stranger } = await setup();
      await assertions.emitWithArgs(
        nodes.write.setFeeReceiver([stranger.account.address], { account: owner.account }),
        nodes,
        "FeeReceiverChanged",
        [addressOf(stranger)],
      );
      expect(await nodes.read.feeReceiver()).to.equal(addressOf(stranger));
      await assertions.revertWithCustomError(
        nodes.write.setFeeReceiver([stranger.account.address], { account: stranger.account }),
        nodes,
        "OwnableUnauthorizedAccount",
      );
      await assertions.revertWithCustomError(
        nodes.write.setFeeReceiver([zeroAddress], { account: owner.account }),
        nodes,
        "NodeRegistry_ZeroFeeReceiver",
      );
    });
  });

  describe("leaseFactsOf", () => {
    it("answers everything that opening a lease must know", async () => {
      const { nodes, nodeOwner, operator } = await setup();
      expect(await nodes.read.leaseFactsOf([1n, 1])).to.deep.equal([
        addressOf(nodeOwner),
        addressOf(operator),
        STATUS.active,
        NODE_RESOURCES,
        true,
        SUBNET_CUT_BPS,
        3,
        2,
      ]);
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { nodes, stranger } = fixture;
    const newNode = async () => {
      await nodes.write.register([registration(stranger.account.address), "0x"], {
        account: stranger.account,
        value: FEE,
      });
      return await nodes.read.nodeCount();
    };
    return { ...fixture, newNode };
  }
});
