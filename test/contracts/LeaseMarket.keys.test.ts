import { expect } from "chai";
import { network } from "hardhat";
import { type Address } from "viem";
import { addressOf, deployMarket, NATIVE, REASON } from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

/** Of LeaseMarket._tokenList in test/contracts/storage-layout.json. */
const TOKEN_LIST_SLOT = "0x4";
const NOTHING = [0n, 0n, 0n];

describe("LeaseMarket: whose earnings", () => {
  it("of one unit are the node's, and no other node's or subnet's", async () => {
    const { market, nodeOwner, reserve } = await setup();
    await reserve(1);
    expect(await market.read.earningsOf([1n, 1, NATIVE])).to.deep.equal([1n, 1n, 0n]);
    for (const [nodeId, subnetId] of [
      [0n, 1],
      [2n, 1],
      [1n, 0],
      [1n, 2],
      [2n, 2],
    ] as const)
      expect(await market.read.earningsOf([nodeId, subnetId, NATIVE])).to.deep.equal(NOTHING);
    const collected = market.write.collect([1n, 1, NATIVE]);
    await assertions.emitWithArgs(collected, market, "EarningsCollected", [
      1n,
      1,
      NATIVE,
      addressOf(nodeOwner),
      1n,
    ]);
    expect(await market.read.accountOf([addressOf(nodeOwner), NATIVE])).to.equal(1n);
  });

  it("of one unit are the subnet's, and no other subnet's", async () => {
    const { market, gateway, reserve } = await setup();
    // 10 % of ten, and of the other nine half a unit for the protocol.
    await reserve(10);
    expect(await market.read.subnetEarningsOf([1, NATIVE])).to.deep.equal([1n, 0n]);
    for (const subnetId of [0, 2])
      expect(await market.read.subnetEarningsOf([subnetId, NATIVE])).to.deep.equal([0n, 0n]);
    await assertions.emitWithArgs(
      market.write.collectSubnet([1, NATIVE]),
      market,
      "SubnetEarningsCollected",
      [1, NATIVE, addressOf(gateway), 1n, 0n],
    );
    expect(await market.read.accountOf([addressOf(gateway), NATIVE])).to.equal(1n);
  });

  it("in a token are not those in another, however many tokens there are", async () => {
    const { market, owner, tenant, reserve } = await setup();
    await networkHelpers.setStorageAt(market.address, TOKEN_LIST_SLOT, 32_768);
    const token = await viem.deployContract("PermitToken");
    await market.write.setTokenAllowed([token.address, true], { account: owner.account });
    await token.write.mint([addressOf(tenant), 10_000n]);
    await token.write.approve([market.address, 10_000n], { account: tenant.account });
    await market.write.depositToken([token.address, 10_000n], { account: tenant.account });
    await reserve(100, token.address);
    expect(await market.read.earningsOf([1n, 1, token.address])).to.deep.equal([85n, 85n, 0n]);
    expect(await market.read.subnetEarningsOf([1, token.address])).to.deep.equal([10n, 5n]);
    expect(await market.read.earningsOf([1n, 1, NATIVE])).to.deep.equal(NOTHING);
    expect(await market.read.subnetEarningsOf([1, NATIVE])).to.deep.equal([0n, 0n]);
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { market, tenant, openLease } = fixture;
    /** A lease that ends before its start: so many units are paid for the reservation. */
    const reserve = async (units: number, token: Address = NATIVE): Promise<void> => {
      const lid = await openLease({
        quote: { token, ratePerSecond: 10n ** 12n, reservationSeconds: units },
      });
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
    };
    return { ...fixture, reserve };
  }
});
