import { expect } from "chai";
import { network } from "hardhat";
import { concat, type Hex, keccak256, toHex } from "viem";
import { rewardLeaf } from "@fizz/protocol/rewards";
import { GasMeasures } from "../support/contracts/gas-measures.ts";
import { DATA, deployRewards, entryOf, POINT_ERA } from "../support/contracts/rewards-fixture.ts";

const { networkHelpers } = await network.create();

/** Where the best comparable contracts are. The snapshot holds what is reached. */
const TARGETS: Readonly<Record<string, number>> = {
  "post root, first": 60_000,
  "post root, again": 60_000,
  "claim of depth 17, first": 95_000,
  "claim of depth 17, again": 61_000,
};

const AMOUNT = 123_456_789_012_345n;

/** Gas of whole transactions, from receipts: intrinsic cost and calldata included, all storage cold. */
describe("gas of EraRewards", () => {
  it("is what the snapshot says, and within the targets", async () => {
    const fixture = await networkHelpers.loadFixture(deployRewards);
    const { rewards, registry, meter, nextEra, activate, gateway, publicClient, pay } = fixture;
    const measures = new GasMeasures("gas-snapshot-rewards.json");
    const measure = measures.from(publicClient);
    const claim = async (nodeId: bigint, cumulative: bigint) => {
      const proof = siblings(nodeId);
      return await rewards.write.claim([
        { subnetId: 1, nodeId, cumulative, root: rootOf(nodeId, cumulative), proof },
      ]);
    };
    const post = async (nodeId: bigint, cumulative: bigint, total: bigint) => {
      const { closedEra } = await rewards.read.poolOf([1]);
      return await rewards.write.postRoot([1, closedEra, rootOf(nodeId, cumulative), total, DATA], {
        account: gateway.account,
      });
    };

    const close = async (round: bigint) => {
      await pay(20n * AMOUNT, 1_000n);
      await meter.write.setProven([1, 100n * POINT_ERA * round]);
      await nextEra();
      return await rewards.write.checkpoint([1]);
    };

    await rewards.write.fund([0], { value: 10n ** 18n });
    await registry.write.payFees({ value: 10n ** 16n });
    await measure("pull fees", rewards.write.pullFees());
    await measure("checkpoint, first", close(1n));
    await measure("post root, first", post(1n, AMOUNT, AMOUNT));
    await close(2n);
    await measure("post root, again", post(2n, AMOUNT, 2n * AMOUNT));
    await measure("checkpoint, again", close(3n));
    await post(2n, 2n * AMOUNT, 3n * AMOUNT);
    await activate();

    // The first claim of all opens the subnet's counter.
    await claim(1n, AMOUNT);
    await measure("claim of depth 17, first", claim(2n, AMOUNT));
    await measure("claim of depth 17, again", claim(2n, 2n * AMOUNT));
    await registry.write.setNode([2n, "0x00000000000000000000000000000000000b0b0b"]);
    await measure("withdraw rewards, new wallet", rewards.write.withdrawRewards([2n]));
    await measure("pay treasury", rewards.write.payTreasury());

    measures.hold();
    for (const [operation, target] of Object.entries(TARGETS))
      expect(measures.gasOf(operation), operation).to.be.at.most(target);
  });

  function siblings(nodeId: bigint): readonly Hex[] {
    return Array.from({ length: 17 }, (_, level) => keccak256(toHex(`${nodeId}/${level}`)));
  }

  function rootOf(nodeId: bigint, cumulative: bigint): Hex {
    return siblings(nodeId).reduce(
      (a, b) => keccak256(a < b ? concat([a, b]) : concat([b, a])),
      rewardLeaf(entryOf(nodeId, cumulative)),
    );
  }
});
