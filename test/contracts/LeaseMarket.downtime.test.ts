import { expect } from "chai";
import { network } from "hardhat";
import { zeroAddress } from "viem";
import { downtimeTypedData } from "@fizz/protocol/typed-data";
import {
  addressOf,
  changesOf,
  deployHoldingMarket,
  deployMarket,
  HOLDBACK,
  NATIVE,
  only,
  REASON,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const PREPAID = 20_000;

describe("LeaseMarket: downtime", () => {
  describe("creditDowntime", () => {
    it("makes the money last longer by what was not delivered", async () => {
      const { market, operator, lid, startedAt, at, ledger } = await setup();
      const before = await ledger();
      await at(startedAt + 1_000);
      await assertions.emitWithArgs(
        market.write.creditDowntime([lid, 300], { account: operator.account }),
        market,
        "DowntimeCredited",
        [lid, 1n, 300, 0n],
      );
      expect(changesOf(before, await ledger())).to.deep.equal(only({}));
      expect(await market.read.paidUntil([lid])).to.equal(BigInt(startedAt + PREPAID + 300));
      expect(await market.read.downtimeOf([lid])).to.equal(300);
      expect(await market.read.heldOf([lid])).to.deep.equal([700, 700_000n]);
      await at(startedAt + HOLDBACK + 300);
      await market.write.settle([lid]);
      expect((await ledger()).node).to.equal(0n);
      await at(startedAt + HOLDBACK + 400);
      await market.write.settle([lid]);
      expect((await ledger()).node).to.equal(85_000n);
      const [, , pointSeconds] = await market.read.earningsOf([1n, 1, NATIVE]);
      expect(pointSeconds).to.equal(5_000n);
    });

    it("is for the owner too, and cumulative: the same sum twice is refused", async () => {
      const { market, operator, nodeOwner, lid, startedAt, at } = await setup();
      await at(startedAt + 1_000);
      await market.write.creditDowntime([lid, 300], { account: nodeOwner.account });
      for (const sum of [300, 299, 0])
        await assertions.revertWithCustomErrorWithArgs(
          market.write.creditDowntime([lid, sum], { account: operator.account }),
          market,
          "LeaseMarket_DowntimeNotMore",
          [lid, 300n, BigInt(sum)],
        );
      await market.write.creditDowntime([lid, 301], { account: operator.account });
      expect(await market.read.downtimeOf([lid])).to.equal(301);
    });

    it("reaches exactly as far back as the holdback", async () => {
      const { market, operator, lid, startedAt, at } = await setup();
      await at(startedAt + HOLDBACK + 500);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.creditDowntime([lid, HOLDBACK + 1], { account: operator.account }),
        market,
        "LeaseMarket_DowntimeNotHeld",
        [lid, BigInt(HOLDBACK + 1), BigInt(HOLDBACK)],
      );
      await at(startedAt + HOLDBACK + 600);
      await market.write.creditDowntime([lid, HOLDBACK], { account: operator.account });
      expect((await market.read.leaseOf([lid])).settledAt).to.equal(startedAt + HOLDBACK + 600);
      expect(await market.read.heldOf([lid])).to.deep.equal([0, 0n]);
    });

    it("gives the money to the tenant once the lease is closed", async () => {
      const { market, operator, tenant, lid, startedAt, at, ledger } = await setup();
      await at(startedAt + 1_000);
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      const before = await ledger();
      await assertions.emitWithArgs(
        market.write.creditDowntime([lid, 400], { account: operator.account }),
        market,
        "DowntimeCredited",
        [lid, 1n, 400, 400_000n],
      );
      expect(changesOf(before, await ledger())).to.deep.equal(only({ tenant: 400_000n, locked: -400_000n }));
      expect(await market.read.heldOf([lid])).to.deep.equal([600, 600_000n]);
      await at(startedAt + 1_000 + HOLDBACK);
      await market.write.settle([lid]);
      expect((await ledger()).node).to.equal(510_000n);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.creditDowntime([lid, 401], { account: operator.account }),
        market,
        "LeaseMarket_DowntimeNotHeld",
        [lid, 1n, 0n],
      );
    });

    it("does not bring an exhausted lease back to life: there too the tenant gets the money", async () => {
      const { market, operator, lid, startedAt, at, ledger } = await setup();
      const before = await ledger();
      await at(startedAt + PREPAID + 100);
      await market.write.creditDowntime([lid, 1_000], { account: operator.account });
      expect(await market.read.paidUntil([lid])).to.equal(BigInt(startedAt + PREPAID));
      expect(changesOf(before, await ledger()).tenant).to.equal(1_000_000n);
    });

    it("keeps fractions: crediting second by second costs the node what crediting once does", async () => {
      const { market, operator, tenant, startLease, at, ledger } = await setup();
      const quote = { ratePerSecond: 38n * 10n ** 10n };
      const { lid, startedAt } = await startLease({ quote, prepaidSeconds: PREPAID });
      await at(startedAt + 100);
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      const before = await ledger();
      for (let sum = 1; sum <= 50; sum++)
        await market.write.creditDowntime([lid, sum], { account: operator.account });
      // 0.38 units a second
      expect(changesOf(before, await ledger())).to.deep.equal(only({ tenant: 19n, locked: -19n }));
      await at(startedAt + 100 + HOLDBACK);
      await market.write.settle([lid]);
      const { node, subnet, treasury } = changesOf(before, await ledger());
      expect(node + subnet + treasury).to.equal(19n);
    });

    it("is refused to others, before the start, where nothing is held back, and for no lease", async () => {
      const { market, operator, tenant, lid, openLease } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.creditDowntime([lid, 1], { account: tenant.account }),
        market,
        "LeaseMarket_NotParty",
        [lid, addressOf(tenant)],
      );
      const open = await openLease();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.creditDowntime([open, 1], { account: operator.account }),
        market,
        "LeaseMarket_DowntimeNotHeld",
        [open, 1n, 0n],
      );
      await assertions.revertWithCustomErrorWithArgs(
        market.write.creditDowntime([99n, 1], { account: operator.account }),
        market,
        "LeaseMarket_LeaseNotFound",
        [99n],
      );
      const eager = await networkHelpers.loadFixture(deployMarket);
      const running = await eager.startLease();
      await networkHelpers.time.increase(100);
      await assertions.revertWithCustomError(
        eager.market.write.creditDowntime([running.lid, 1], { account: eager.operator.account }),
        eager.market,
        "LeaseMarket_DowntimeNotHeld",
      );
    });
  });

  describe("creditDowntimeWithSignature", () => {
    it("takes the operator's word from anybody, once", async () => {
      const { market, stranger, lid, startedAt, at, sign } = await setup();
      const signature = await sign(lid, 200);
      await at(startedAt + 1_000);
      await market.write.creditDowntimeWithSignature([lid, 200, signature], { account: stranger.account });
      expect(await market.read.downtimeOf([lid])).to.equal(200);
      await assertions.revertWithCustomError(
        market.write.creditDowntimeWithSignature([lid, 200, signature], { account: stranger.account }),
        market,
        "LeaseMarket_DowntimeNotMore",
      );
    });

    it("refuses another signer, other seconds, another lease, and no signature", async () => {
      const { market, stranger, operator, lid, startedAt, at, sign, startLease } = await setup();
      const second = await startLease({ prepaidSeconds: PREPAID });
      await at(startedAt + 1_000);
      const bring = async (which: bigint, sum: number, signature: `0x${string}`) =>
        await market.write.creditDowntimeWithSignature([which, sum, signature], {
          account: stranger.account,
        });
      await assertions.revertWithCustomErrorWithArgs(
        bring(lid, 200, await sign(lid, 200, stranger)),
        market,
        "LeaseMarket_BadDowntimeSignature",
        [lid, addressOf(operator), addressOf(stranger)],
      );
      for (const call of [
        async () => await bring(lid, 201, await sign(lid, 200)),
        async () => await bring(second.lid, 200, await sign(lid, 200)),
        async () => await bring(lid, 200, "0x00"),
      ])
        await assertions.revertWithCustomError(call(), market, "LeaseMarket_BadDowntimeSignature");
      await assertions.revertWithCustomErrorWithArgs(
        bring(lid, 200, "0x"),
        market,
        "LeaseMarket_BadDowntimeSignature",
        [lid, addressOf(operator), zeroAddress],
      );
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployHoldingMarket);
    const { market, operator, domains } = fixture;
    const { lid, startedAt } = await fixture.startLease({ prepaidSeconds: PREPAID });
    const sign = async (which: bigint, cumulativeSeconds: number, signer = operator) => {
      const { leaseHash } = await market.read.leaseOf([which]);
      const data = downtimeTypedData(domains.market, { leaseHash, cumulativeSeconds });
      return await signer.signTypedData({ account: signer.account, ...data });
    };
    return { ...fixture, lid, startedAt, sign };
  }
});
