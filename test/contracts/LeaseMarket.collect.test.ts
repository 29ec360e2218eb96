import { expect } from "chai";
import { network } from "hardhat";
import { getAddress } from "viem";
import {
  addressOf,
  deployMarket,
  NATIVE,
  REASON,
  SUBNET_CUT_BPS,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const UNKNOWN = getAddress("0x00000000000000000000000000000000000000aa");
const LOCKED = 1_000_000n;

describe("LeaseMarket: earnings", () => {
  describe("collect", () => {
    it("moves a node's earnings to its owner's account, whoever calls", async () => {
      const { market, nodeOwner, stranger, earn } = await setup();
      await earn(100);
      expect(await market.read.earningsOf([1n, 1, NATIVE])).to.deep.equal([85_000n, 85_000n, 5_000n]);
      await assertions.emitWithArgs(
        market.write.collect([1n, 1, NATIVE], { account: stranger.account }),
        market,
        "EarningsCollected",
        [1n, 1, NATIVE, addressOf(nodeOwner), 85_000n],
      );
      expect(await market.read.accountOf([nodeOwner.account.address, NATIVE])).to.equal(85_000n);
      expect(await market.read.accountOf([stranger.account.address, NATIVE])).to.equal(0n);
      expect(await market.read.earningsOf([1n, 1, NATIVE])).to.deep.equal([0n, 85_000n, 5_000n]);
    });

    it("finds nothing the second time, of another subnet, and of no node, and says nothing", async () => {
      const { market, stranger, publicClient, earn } = await setup();
      await earn(100);
      await market.write.collect([1n, 1, NATIVE], { account: stranger.account });
      for (const args of [
        [1n, 1, NATIVE],
        [1n, 2, NATIVE],
        [9n, 1, NATIVE],
      ] as const) {
        const hash = await market.write.collect(args, { account: stranger.account });
        expect((await publicClient.getTransactionReceipt({ hash })).logs).to.deep.equal([]);
      }
    });

    it("keeps tokens apart", async () => {
      const { market, stranger, nodeOwner, token, startLease, earn } = await setup();
      const { lid } = await startLease({ quote: { token: token.address } });
      await earn(100);
      await market.write.settle([lid]);
      const [ofToken] = await market.read.earningsOf([1n, 1, token.address]);
      expect(ofToken > 0n && ofToken < 85_000n).to.equal(true);
      await market.write.collect([1n, 1, token.address], { account: stranger.account });
      expect(await market.read.accountOf([nodeOwner.account.address, token.address])).to.equal(ofToken);
      expect(await market.read.accountOf([nodeOwner.account.address, NATIVE])).to.equal(0n);
      expect((await market.read.earningsOf([1n, 1, NATIVE]))[0]).to.equal(85_000n);
    });

    it("still works for a token that is no longer allowed", async () => {
      const { market, owner, stranger, nodeOwner, token, startLease } = await setup();
      const { lid } = await startLease({ quote: { token: token.address } });
      await market.write.setTokenAllowed([token.address, false], { account: owner.account });
      await networkHelpers.time.increase(2_000);
      await market.write.settle([lid]);
      await market.write.collect([1n, 1, token.address], { account: stranger.account });
      await market.write.withdraw([token.address, 850_000n], { account: nodeOwner.account });
      expect(await token.read.balanceOf([nodeOwner.account.address])).to.equal(850_000n);
    });
  });

  describe("collectSubnet", () => {
    it("moves both cuts to those who own them, whoever calls", async () => {
      const { market, gateway, treasury, stranger, earn } = await setup();
      await earn(100);
      expect(await market.read.subnetEarningsOf([1, NATIVE])).to.deep.equal([10_000n, 5_000n]);
      await assertions.emitWithArgs(
        market.write.collectSubnet([1, NATIVE], { account: stranger.account }),
        market,
        "SubnetEarningsCollected",
        [1, NATIVE, addressOf(gateway), 10_000n, 5_000n],
      );
      expect(await market.read.accountOf([gateway.account.address, NATIVE])).to.equal(10_000n);
      expect(await market.read.accountOf([treasury.account.address, NATIVE])).to.equal(5_000n);
      expect(await market.read.subnetEarningsOf([1, NATIVE])).to.deep.equal([0n, 0n]);
    });

    it("finds nothing the second time, and says nothing", async () => {
      const { market, stranger, publicClient, earn } = await setup();
      await earn(100);
      await market.write.collectSubnet([1, NATIVE], { account: stranger.account });
      const hash = await market.write.collectSubnet([1, NATIVE], { account: stranger.account });
      expect((await publicClient.getTransactionReceipt({ hash })).logs).to.deep.equal([]);
    });
  });

  describe("the meters", () => {
    it("only grow: collecting takes nothing off them", async () => {
      const { market, stranger, earn } = await setup();
      await earn(100);
      expect(await market.read.subnetMetersOf([1, NATIVE])).to.deep.equal([5_000n, 5_000n]);
      await market.write.collectSubnet([1, NATIVE], { account: stranger.account });
      expect(await market.read.subnetMetersOf([1, NATIVE])).to.deep.equal([5_000n, 5_000n]);
      await earn(200);
      expect(await market.read.subnetMetersOf([1, NATIVE])).to.deep.equal([10_000n, 10_000n]);
      expect((await market.read.earningsOf([1n, 1, NATIVE]))[1]).to.equal(170_000n);
    });

    it("count no time that cost nothing, and no reservation", async () => {
      const { market, tenant, startLease, openLease } = await setup();
      const free = await startLease({ quote: { ratePerSecond: 0n } });
      const open = await openLease();
      await networkHelpers.time.increase(100);
      await market.write.settle([free.lid]);
      await market.write.close([open, REASON.tenant], { account: tenant.account });
      const [, earned, pointSeconds] = await market.read.earningsOf([1n, 1, NATIVE]);
      expect([earned, pointSeconds]).to.deep.equal([102_000n, 0n]);
    });

    it("count time below a whole unit of money", async () => {
      const { market, startLease, at } = await setup();
      const { lid, startedAt } = await startLease({ quote: { ratePerSecond: 1n } });
      await at(startedAt + 100);
      await market.write.settle([lid]);
      expect(await market.read.earningsOf([1n, 1, NATIVE])).to.deep.equal([0n, 0n, 5_000n]);
    });
  });

  describe("token indices", () => {
    it("are given in order, once, and never change", async () => {
      const { market, owner, token } = await setup();
      expect(await market.read.tokenAt([0])).to.equal(NATIVE);
      expect(await market.read.tokenAt([1])).to.equal(getAddress(token.address));
      await market.write.setTokenAllowed([token.address, false], { account: owner.account });
      await market.write.setTokenAllowed([UNKNOWN, true], { account: owner.account });
      await market.write.setTokenAllowed([token.address, true], { account: owner.account });
      expect(await market.read.tokenAt([1])).to.equal(getAddress(token.address));
      expect(await market.read.tokenAt([2])).to.equal(UNKNOWN);
      await assertions.revertWithCustomErrorWithArgs(
        market.read.tokenAt([3]),
        market,
        "LeaseMarket_TokenIndexUnknown",
        [3n],
      );
    });

    it("are none of a token that never was allowed: no call takes it for the native coin", async () => {
      const { market, tenant, stranger } = await setup();
      expect(await market.read.accountOf([tenant.account.address, UNKNOWN])).to.equal(0n);
      for (const call of [
        async () => await market.write.withdraw([UNKNOWN, 1n], { account: tenant.account }),
        async () => await market.write.collect([1n, 1, UNKNOWN], { account: stranger.account }),
        async () => await market.write.collectSubnet([1, UNKNOWN], { account: stranger.account }),
        async () => await market.read.earningsOf([1n, 1, UNKNOWN]),
        async () => await market.read.subnetMetersOf([1, UNKNOWN]),
        async () => await market.read.subnetEarningsOf([1, UNKNOWN]),
      ])
        await assertions.revertWithCustomErrorWithArgs(call(), market, "LeaseMarket_TokenUnknown", [UNKNOWN]);
    });
  });

  it("more units than the market can count are refused at the deposit", async () => {
    const { market, token, stranger } = await setup();
    const most = 2n ** 96n - 1n;
    const inside = await token.read.balanceOf([market.address]);
    await token.write.mint([stranger.account.address, most]);
    await token.write.approve([market.address, most], { account: stranger.account });
    await assertions.revertWithCustomErrorWithArgs(
      market.write.depositToken([token.address, most - inside + 1n], { account: stranger.account }),
      market,
      "LeaseMarket_TooManyUnits",
      [getAddress(token.address), most + 1n, most],
    );
    await market.write.depositToken([token.address, most - inside], { account: stranger.account });
    expect(await market.read.accountOf([stranger.account.address, token.address])).to.equal(most - inside);
  });

  it("withdrawing nothing is refused", async () => {
    const { market, tenant } = await setup();
    await assertions.revertWithCustomError(
      market.write.withdraw([NATIVE, 0n], { account: tenant.account }),
      market,
      "LeaseMarket_NothingToWithdraw",
    );
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { market, owner, tenant, at } = fixture;
    expect(SUBNET_CUT_BPS).to.equal(1_000);
    const token = await viem.deployContract("PermitToken");
    await market.write.setTokenAllowed([token.address, true], { account: owner.account });
    await token.write.mint([tenant.account.address, LOCKED]);
    await token.write.approve([market.address, LOCKED], { account: tenant.account });
    await market.write.depositToken([token.address, LOCKED], { account: tenant.account });
    const { lid, startedAt } = await fixture.startLease();
    /** Settles the native lease at so many seconds after its start. */
    const earn = async (seconds: number): Promise<void> => {
      await at(startedAt + seconds);
      await market.write.settle([lid]);
    };
    return { ...fixture, token, lid, startedAt, earn };
  }
});
