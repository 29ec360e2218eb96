import { expect } from "chai";
import { network } from "hardhat";
import { zeroAddress } from "viem";
import { consentTypedData } from "@fizz/protocol/typed-data";
import {
  addressOf,
  deployMarket,
  FEE,
  NODE_RESOURCES,
  REGION,
  registration,
  resources,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("NodeRegistry.register", () => {
  describe("when the fee is exact and the operator consents", () => {
    it("stores the node, counts the fee and says so", async () => {
      const { nodes, nodeOwner, stranger, consentOf, publicClient } = await setup();
      const consent = await consentOf(nodeOwner, stranger);
      const before = await publicClient.getBalance({ address: nodes.address });
      await assertions.emitWithArgs(
        nodes.write.register([registration(stranger.account.address), consent], {
          account: nodeOwner.account,
          value: FEE,
        }),
        nodes,
        "NodeRegistered",
        [2n, addressOf(nodeOwner), addressOf(stranger), 0, NODE_RESOURCES, 3, 2, REGION],
      );
      const node = await nodes.read.nodeOf([2n]);
      expect(node).to.deep.equal({
        owner: addressOf(nodeOwner),
        mode: 0,
        status: 1,
        registeredAt: await networkHelpers.time.latest(),
        operator: addressOf(stranger),
        cpuTier: 3,
        gpuTier: 2,
        subnetCount: 0,
        resources: NODE_RESOURCES,
        region: REGION,
      });
      expect(await nodes.read.nodeIdOf([addressOf(stranger)])).to.equal(2n);
      expect(await nodes.read.ownerOf([2n])).to.equal(addressOf(nodeOwner));
      expect(await nodes.read.operatorOf([2n])).to.equal(addressOf(stranger));
      expect(await nodes.read.nodeCount()).to.equal(2n);
      expect(await nodes.read.feesCollected()).to.equal(2n * FEE);
      expect(await publicClient.getBalance({ address: nodes.address })).to.equal(before + FEE);
    });

    it("takes no consent from an operator that registers itself", async () => {
      const { nodes, stranger } = await setup();
      await nodes.write.register([registration(stranger.account.address), "0x"], {
        account: stranger.account,
        value: FEE,
      });
      expect((await nodes.read.nodeOf([2n])).owner).to.equal(addressOf(stranger));
    });
  });

  describe("when the fee is wrong", () => {
    for (const value of [0n, FEE - 1n, FEE + 1n, 2n * FEE]) {
      it(`names both figures for ${value} wei`, async () => {
        const { nodes, stranger } = await setup();
        await assertions.revertWithCustomErrorWithArgs(
          nodes.write.register([registration(stranger.account.address), "0x"], {
            account: stranger.account,
            value,
          }),
          nodes,
          "NodeRegistry_WrongFee",
          [value, FEE],
        );
      });
    }
  });

  describe("when the operator key will not do", () => {
    it("refuses the zero key", async () => {
      const { nodes, stranger } = await setup();
      await assertions.revertWithCustomError(
        nodes.write.register([registration(zeroAddress), "0x"], { account: stranger.account, value: FEE }),
        nodes,
        "NodeRegistry_ZeroOperator",
      );
    });

    it("refuses the key of another node", async () => {
      const { nodes, stranger, operator } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.register([registration(operator.account.address), "0x"], {
          account: stranger.account,
          value: FEE,
        }),
        nodes,
        "NodeRegistry_OperatorTaken",
        [addressOf(operator), 1n],
      );
    });

    it("refuses a key that said nothing", async () => {
      const { nodes, stranger, gateway } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.register([registration(gateway.account.address), "0x"], {
          account: stranger.account,
          value: FEE,
        }),
        nodes,
        "NodeRegistry_BadConsent",
        [addressOf(gateway), zeroAddress],
      );
    });

    it("refuses a consent given to another owner", async () => {
      const { nodes, stranger, gateway, nodeOwner, consentOf } = await setup();
      const consent = await consentOf(nodeOwner, gateway);
      await assertions.revertWithCustomError(
        nodes.write.register([registration(gateway.account.address), consent], {
          account: stranger.account,
          value: FEE,
        }),
        nodes,
        "NodeRegistry_BadConsent",
      );
    });
  });

  describe("when nothing is offered", () => {
    for (const offer of [
      { milliCpu: 0, memoryMiB: 1_024 },
      { milliCpu: 1_000, memoryMiB: 0 },
    ]) {
      it(`refuses ${JSON.stringify(offer)}`, async () => {
        const { nodes, stranger } = await setup();
        const empty = { ...registration(stranger.account.address), resources: resources(offer) };
        await assertions.revertWithCustomError(
          nodes.write.register([empty, "0x"], { account: stranger.account, value: FEE }),
          nodes,
          "NodeRegistry_EmptyResources",
        );
      });
    }
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const consentOf = async (owner: typeof fixture.owner, operator: typeof fixture.owner) =>
      await operator.signTypedData({
        account: operator.account,
        ...consentTypedData(fixture.domains.nodes, {
          owner: owner.account.address,
          operator: operator.account.address,
        }),
      });
    return { ...fixture, consentOf };
  }
});
