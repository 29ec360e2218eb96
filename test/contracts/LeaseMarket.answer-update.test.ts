import { expect } from "chai";
import { network } from "hardhat";
import { encodeAbiParameters, type Hex, keccak256, toHex } from "viem";
import {
  addressOf,
  changesOf,
  deployMarket,
  LEASE_RESOURCES,
  only,
  OPEN_PART,
  RATE,
  REASON,
  resources,
  SEALED_PART,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const PREPAID = 10_000;
const NEW_SEALED = keccak256(toHex("new sealed part"));
const NEW_OPEN = keccak256(toHex("new open part"));
/** More CPU, less memory: the larger of both is in neither. */
const OTHER = resources({ milliCpu: 4_000, memoryMiB: 1_024, storageGiB: 20 });

const manifestHashOf = (open: Hex, sealed: Hex): Hex =>
  keccak256(encodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], [open, sealed]));

describe("LeaseMarket: answering an update", () => {
  describe("confirmUpdate", () => {
    it("charges the old price until now and the new one from now on", async () => {
      const { market, operator, tenant, lid, startedAt, requestWithQuote, at, ledger } = await setup();
      const before = await ledger();
      await requestWithQuote({ resources: OTHER, ratePerSecond: 2n * RATE });
      await at(startedAt + 1_000);
      const manifestHash = manifestHashOf(NEW_OPEN, NEW_SEALED);
      await assertions.emitWithArgs(
        market.write.confirmUpdate([lid, 2, manifestHash], { account: operator.account }),
        market,
        "UpdateConfirmed",
        [lid, 1n, 2, manifestHash],
      );
      const lease = await market.read.leaseOf([lid]);
      expect([lease.version, lease.manifestHash, lease.resources, lease.ratePerSecond]).to.deep.equal([
        2,
        manifestHash,
        OTHER,
        2n * RATE,
      ]);
      expect(await market.read.usedOf([1n])).to.equal(OTHER);
      expect((await market.read.pendingUpdateOf([lid])).version).to.equal(0);
      expect(await market.read.paidUntil([lid])).to.equal(BigInt(startedAt + 1_000 + 4_500));

      await at(startedAt + 2_000);
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      // 1000 s at 1000 and 1000 s at 2000
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({
          tenant: 7_000_000n,
          locked: -10_000_000n,
          node: 2_550_000n,
          subnet: 300_000n,
          treasury: 150_000n,
        }),
      );
    });

    it("runs the new sealed part at the old price without a quote", async () => {
      const { market, operator, lid, request, startedAt } = await setup();
      await request();
      await market.write.confirmUpdate([lid, 2, manifestHashOf(OPEN_PART, NEW_SEALED)], {
        account: operator.account,
      });
      const lease = await market.read.leaseOf([lid]);
      expect([lease.version, lease.ratePerSecond, lease.resources]).to.deep.equal([2, RATE, LEASE_RESOURCES]);
      expect(await market.read.paidUntil([lid])).to.equal(BigInt(startedAt + PREPAID));
    });

    it("is possible during a reclaim", async () => {
      const { market, operator, lid, request } = await setup();
      await request();
      await market.write.giveNotice([lid, REASON.node], { account: operator.account });
      await market.write.confirmUpdate([lid, 2, manifestHashOf(OPEN_PART, NEW_SEALED)], {
        account: operator.account,
      });
      expect((await market.read.leaseOf([lid])).version).to.equal(2);
    });

    it("is refused to others, with another version or hash, late, exhausted, and without a request", async () => {
      const { market, operator, tenant, lid, startedAt, request, at, openLease } = await setup();
      const open = await openLease();
      const hash = manifestHashOf(OPEN_PART, NEW_SEALED);
      const confirm = async (version = 2, manifestHash = hash, wallet = operator) =>
        await market.write.confirmUpdate([lid, version, manifestHash], { account: wallet.account });
      await assertions.revertWithCustomErrorWithArgs(confirm(), market, "LeaseMarket_NoUpdatePending", [lid]);
      await request({ expiresAt: startedAt + PREPAID + 50 });
      await assertions.revertWithCustomErrorWithArgs(
        confirm(2, hash, tenant),
        market,
        "LeaseMarket_NotOperator",
        [lid, addressOf(tenant)],
      );
      await assertions.revertWithCustomErrorWithArgs(confirm(3), market, "LeaseMarket_WrongVersion", [
        lid,
        2,
        3,
      ]);
      await assertions.revertWithCustomErrorWithArgs(
        confirm(2, NEW_OPEN),
        market,
        "LeaseMarket_WrongManifestHash",
        [lid, hash, NEW_OPEN],
      );
      await at(startedAt + PREPAID);
      await assertions.revertWithCustomErrorWithArgs(confirm(), market, "LeaseMarket_Exhausted", [
        lid,
        BigInt(startedAt + PREPAID),
      ]);
      await at(startedAt + PREPAID + 51);
      await assertions.revertWithCustomErrorWithArgs(confirm(), market, "LeaseMarket_UpdateExpired", [
        lid,
        BigInt(startedAt + PREPAID + 50),
      ]);
      await assertions.revertWithCustomError(
        market.write.confirmUpdate([99n, 2, hash], { account: operator.account }),
        market,
        "LeaseMarket_LeaseNotFound",
      );
      await assertions.revertWithCustomErrorWithArgs(
        market.write.confirmUpdate([open, 2, hash], { account: operator.account }),
        market,
        "LeaseMarket_NoUpdatePending",
        [2n],
      );
    });
  });

  describe("declineUpdate", () => {
    for (const [caller, reason] of [
      ["operator", 10_009],
      ["nodeOwner", 10_009],
      ["tenant", 3],
    ] as const) {
      it(`drops the update and its larger reservation: ${caller}`, async () => {
        const { market, [caller]: wallet, lid, requestWithQuote } = await setup();
        await requestWithQuote({ resources: OTHER });
        await assertions.emitWithArgs(
          market.write.declineUpdate([lid, 2, reason], { account: wallet.account }),
          market,
          "UpdateDropped",
          [lid, 1n, 2, reason],
        );
        expect(await market.read.usedOf([1n])).to.equal(LEASE_RESOURCES);
        const lease = await market.read.leaseOf([lid]);
        expect([lease.version, lease.ratePerSecond]).to.deep.equal([1, RATE]);
        expect((await market.read.pendingUpdateOf([lid])).version).to.equal(0);
      });
    }

    it("is for anybody once the update has expired", async () => {
      const { market, stranger, lid, startedAt, requestWithQuote, at } = await setup();
      await requestWithQuote({ resources: OTHER }, { expiresAt: startedAt + 500 });
      await at(startedAt + 500);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.declineUpdate([lid, 2, REASON.node], { account: stranger.account }),
        market,
        "LeaseMarket_NotParty",
        [lid, addressOf(stranger)],
      );
      await at(startedAt + 501);
      await assertions.emitWithArgs(
        market.write.declineUpdate([lid, 2, 0], { account: stranger.account }),
        market,
        "UpdateDropped",
        [lid, 1n, 2, REASON.updateExpired],
      );
      expect(await market.read.usedOf([1n])).to.equal(LEASE_RESOURCES);
    });

    it("is refused with a reason of the other party, another version, and without a request", async () => {
      const { market, tenant, operator, lid, request } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.declineUpdate([lid, 2, REASON.tenant], { account: tenant.account }),
        market,
        "LeaseMarket_NoUpdatePending",
        [lid],
      );
      await request();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.declineUpdate([lid, 2, REASON.node], { account: tenant.account }),
        market,
        "LeaseMarket_ReasonOutOfRange",
        [REASON.node, 1, 9_999],
      );
      await assertions.revertWithCustomErrorWithArgs(
        market.write.declineUpdate([lid, 2, REASON.tenant], { account: operator.account }),
        market,
        "LeaseMarket_ReasonOutOfRange",
        [REASON.tenant, 10_000, 19_999],
      );
      await assertions.revertWithCustomErrorWithArgs(
        market.write.declineUpdate([lid, 3, REASON.tenant], { account: tenant.account }),
        market,
        "LeaseMarket_WrongVersion",
        [lid, 2, 3],
      );
      await assertions.revertWithCustomError(
        market.write.declineUpdate([99n, 2, REASON.tenant], { account: tenant.account }),
        market,
        "LeaseMarket_LeaseNotFound",
      );
    });
  });

  describe("an update that nobody confirmed", () => {
    for (const touch of ["settle", "topUp"] as const) {
      it(`gives the larger reservation back at the next ${touch}`, async () => {
        const { market, tenant, lid, startedAt, requestWithQuote, at } = await setup();
        await requestWithQuote({ resources: OTHER }, { expiresAt: startedAt + 500 });
        await at(startedAt + 501);
        const touched =
          touch === "settle"
            ? market.write.settle([lid], { account: tenant.account })
            : market.write.topUp([lid, 1n], { account: tenant.account });
        await assertions.emitWithArgs(touched, market, "UpdateDropped", [lid, 1n, 2, REASON.updateExpired]);
        expect(await market.read.usedOf([1n])).to.equal(LEASE_RESOURCES);
      });
    }

    it("waits up to its last second, in which the node may still confirm", async () => {
      const { market, operator, tenant, lid, startedAt, request, at } = await setup();
      await request({ expiresAt: startedAt + 500 });
      await at(startedAt + 499);
      await market.write.settle([lid], { account: tenant.account });
      await at(startedAt + 500);
      await market.write.confirmUpdate([lid, 2, manifestHashOf(OPEN_PART, NEW_SEALED)], {
        account: operator.account,
      });
      expect((await market.read.leaseOf([lid])).version).to.equal(2);
    });

    it("is not dropped by a settlement in its last second", async () => {
      const { market, tenant, lid, startedAt, request, at } = await setup();
      await request({ expiresAt: startedAt + 500 });
      await at(startedAt + 500);
      await market.write.settle([lid], { account: tenant.account });
      expect((await market.read.pendingUpdateOf([lid])).version).to.equal(2);
    });

    it("gives everything back with the lease", async () => {
      const { market, tenant, lid, requestWithQuote } = await setup();
      await requestWithQuote({ resources: OTHER });
      const closed = market.write.close([lid, REASON.tenant], { account: tenant.account });
      await assertions.emitWithArgs(closed, market, "UpdateDropped", [lid, 1n, 2, REASON.tenant]);
      expect(await market.read.usedOf([1n])).to.equal(0n);
      expect((await market.read.pendingUpdateOf([lid])).version).to.equal(0);
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { market, tenant, now, makeQuote, signQuote, startLease } = fixture;
    const { lid, startedAt } = await startLease({ prepaidSeconds: PREPAID });
    const updateOf = async (changes = {}) => ({
      openPartHash: OPEN_PART,
      sealedPartHash: NEW_SEALED,
      currentSealedPartHash: SEALED_PART,
      version: 2,
      expiresAt: (await now()) + 3_600,
      ...changes,
    });
    const request = async (changes: Partial<Awaited<ReturnType<typeof updateOf>>> = {}) =>
      await market.write.requestUpdate([lid, await updateOf(changes)], { account: tenant.account });
    const requestWithQuote = async (quoted: Parameters<typeof makeQuote>[0], changes = {}) => {
      const quote = await makeQuote({ openPartHash: NEW_OPEN, ...quoted });
      const update = await updateOf({ openPartHash: NEW_OPEN, ...changes });
      return await market.write.requestUpdateWithQuote([lid, update, quote, await signQuote(quote)], {
        account: tenant.account,
      });
    };
    return { ...fixture, lid, startedAt, updateOf, request, requestWithQuote };
  }
});
