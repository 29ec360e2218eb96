import { expect } from "chai";
import { network } from "hardhat";
import {
  addressOf,
  deployMarket,
  FEE,
  registration,
  STAKE,
  SUBNET_CUT_BPS,
  subnetSettings,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const STATUS = { registered: 1, active: 2, draining: 3, exited: 5, suspended: 6 };
const MAX_SUBNETS = 8;

describe("NodeRegistry: subnets of a node", () => {
  describe("joinSubnet", () => {
    it("makes the first subnet's node Active", async () => {
      const { nodes, newNode, stranger } = await setup();
      const nodeId = await newNode();
      expect((await nodes.read.nodeOf([nodeId])).status).to.equal(STATUS.registered);
      const joined = nodes.write.joinSubnet([nodeId, 1, 1_500], { account: stranger.account });
      await assertions.emitWithArgs(joined, nodes, "SubnetJoined", [nodeId, 1, 1_500]);
      await assertions.emitWithArgs(joined, nodes, "NodeStatusChanged", [nodeId, STATUS.active]);
      expect(await nodes.read.membershipOf([nodeId, 1])).to.deep.equal([true, 1_500]);
      expect((await nodes.read.nodeOf([nodeId])).subnetCount).to.equal(1);
    });

    it("lets the operator and the owner do it", async () => {
      const { nodes, nodeOwner, newSubnet } = await setup();
      const subnetId = await newSubnet();
      await nodes.write.joinSubnet([1n, subnetId, SUBNET_CUT_BPS], { account: nodeOwner.account });
      expect((await nodes.read.nodeOf([1n])).subnetCount).to.equal(2);
    });

    it("is refused to others", async () => {
      const { nodes, stranger } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.joinSubnet([1n, 1, SUBNET_CUT_BPS], { account: stranger.account }),
        nodes,
        "NodeRegistry_NotOwnerOrOperator",
        [1n, addressOf(stranger)],
      );
    });

    it("is refused for a node that does not exist", async () => {
      const { nodes, stranger } = await setup();
      await assertions.revertWithCustomError(
        nodes.write.joinSubnet([9n, 1, SUBNET_CUT_BPS], { account: stranger.account }),
        nodes,
        "NodeRegistry_NodeNotFound",
      );
    });

    it("is refused twice", async () => {
      const { nodes, operator } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.joinSubnet([1n, 1, SUBNET_CUT_BPS], { account: operator.account }),
        nodes,
        "NodeRegistry_AlreadyInSubnet",
        [1n, 1],
      );
    });

    it("is refused at a cut above what the node accepts", async () => {
      const { nodes, newNode, stranger } = await setup();
      const nodeId = await newNode();
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.joinSubnet([nodeId, 1, SUBNET_CUT_BPS - 1], { account: stranger.account }),
        nodes,
        "NodeRegistry_CutTooHigh",
        [SUBNET_CUT_BPS, SUBNET_CUT_BPS - 1],
      );
    });

    it("is refused by a subnet that does not exist, is closed or wants other modes", async () => {
      const { nodes, newNode, newSubnet, subnets, stranger, gateway } = await setup();
      const nodeId = await newNode();
      const refused = async (subnetId: number) => {
        await assertions.revertWithCustomErrorWithArgs(
          nodes.write.joinSubnet([nodeId, subnetId, SUBNET_CUT_BPS], { account: stranger.account }),
          nodes,
          "NodeRegistry_NotAdmitted",
          [nodeId, subnetId],
        );
      };
      await refused(77);
      await refused(await newSubnet({ acceptsFizz: false }));
      await subnets.write.closeSubnet([1], { account: gateway.account });
      await refused(1);
    });

    it("follows the allow-list where there is one", async () => {
      const { nodes, newNode, newSubnet, subnets, stranger, gateway } = await setup();
      const nodeId = await newNode();
      const subnetId = await newSubnet({ admission: 1 });
      await assertions.revertWithCustomError(
        nodes.write.joinSubnet([nodeId, subnetId, SUBNET_CUT_BPS], { account: stranger.account }),
        nodes,
        "NodeRegistry_NotAdmitted",
      );
      await subnets.write.setAdmitted([subnetId, nodeId, true], { account: gateway.account });
      await nodes.write.joinSubnet([nodeId, subnetId, SUBNET_CUT_BPS], { account: stranger.account });
      expect(await nodes.read.membershipOf([nodeId, subnetId])).to.deep.equal([true, SUBNET_CUT_BPS]);
    });

    it("is refused beyond the largest number of subnets", async () => {
      const { nodes, operator, newSubnet } = await setup();
      for (let joined = 1; joined < MAX_SUBNETS; joined++) {
        await nodes.write.joinSubnet([1n, await newSubnet(), SUBNET_CUT_BPS], { account: operator.account });
      }
      const oneMore = await newSubnet();
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.joinSubnet([1n, oneMore, SUBNET_CUT_BPS], { account: operator.account }),
        nodes,
        "NodeRegistry_TooManySubnets",
        [1n, await nodes.read.MAX_SUBNETS()],
      );
      expect(await nodes.read.MAX_SUBNETS()).to.equal(MAX_SUBNETS);
    });

    it("is refused to a draining node", async () => {
      const { nodes, operator, newSubnet } = await setup();
      await nodes.write.setDraining([1n, true], { account: operator.account });
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.joinSubnet([1n, await newSubnet(), SUBNET_CUT_BPS], { account: operator.account }),
        nodes,
        "NodeRegistry_WrongStatus",
        [1n, STATUS.draining],
      );
    });
  });

  describe("leaveSubnet", () => {
    it("makes the last subnet's node Registered again", async () => {
      const { nodes, operator } = await setup();
      const left = nodes.write.leaveSubnet([1n, 1], { account: operator.account });
      await assertions.emitWithArgs(left, nodes, "SubnetLeft", [1n, 1]);
      await assertions.emitWithArgs(left, nodes, "NodeStatusChanged", [1n, STATUS.registered]);
      expect(await nodes.read.membershipOf([1n, 1])).to.deep.equal([false, 0]);
    });

    it("keeps a node with another subnet Active", async () => {
      const { nodes, operator, newSubnet } = await setup();
      await nodes.write.joinSubnet([1n, await newSubnet(), SUBNET_CUT_BPS], { account: operator.account });
      await nodes.write.leaveSubnet([1n, 1], { account: operator.account });
      expect((await nodes.read.nodeOf([1n])).status).to.equal(STATUS.active);
    });

    it("keeps a draining node Draining", async () => {
      const { nodes, operator } = await setup();
      await nodes.write.setDraining([1n, true], { account: operator.account });
      await nodes.write.leaveSubnet([1n, 1], { account: operator.account });
      expect((await nodes.read.nodeOf([1n])).status).to.equal(STATUS.draining);
    });

    it("is refused where the node is not in it, and to others", async () => {
      const { nodes, operator, stranger } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.leaveSubnet([1n, 2], { account: operator.account }),
        nodes,
        "NodeRegistry_NotInSubnet",
        [1n, 2],
      );
      await assertions.revertWithCustomError(
        nodes.write.leaveSubnet([1n, 1], { account: stranger.account }),
        nodes,
        "NodeRegistry_NotOwnerOrOperator",
      );
      await assertions.revertWithCustomError(
        nodes.write.leaveSubnet([9n, 1], { account: stranger.account }),
        nodes,
        "NodeRegistry_NodeNotFound",
      );
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { nodes, subnets, stranger, gateway } = fixture;
    const newNode = async () => {
      await nodes.write.register([registration(stranger.account.address), "0x"], {
        account: stranger.account,
        value: FEE,
      });
      return await nodes.read.nodeCount();
    };
    let operators = 0x1000n;
    const newSubnet = async (changes: Partial<ReturnType<typeof subnetSettings>> = {}) => {
      const operator = `0x${(operators++).toString(16).padStart(40, "0")}` as const;
      await subnets.write.registerSubnet([{ ...subnetSettings(operator), ...changes }], {
        account: gateway.account,
        value: STAKE,
      });
      return await subnets.read.subnetCount();
    };
    return { ...fixture, newNode, newSubnet };
  }
});
