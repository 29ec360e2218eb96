import { expect } from "chai";
import { network } from "hardhat";
import { hashTypedData, keccak256, recoverAddress, toHex, zeroHash } from "viem";
import { rewardTree } from "@fizz/protocol/rewards";
import { eraReportTypedData, recoverEraReportSigner } from "@fizz/protocol/typed-data";
import { addressOf } from "../support/contracts/market-fixture.ts";
import { DAY, DELAY, deployRewards, refusals, entryOf, DATA } from "../support/contracts/rewards-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;
const refused = refusals(viem);

const ROOT = keccak256(toHex("root"));

describe("EraRewards, roots", () => {
  describe("postRoot", () => {
    it("reserves what the root promises on top, and starts its clock", async () => {
      const { rewards, closeEra, gateway, now, owed, coins } = await setup();
      const era = await closeEra(1_000n);
      const posted = rewards.write.postRoot([1, era, ROOT, 300n, DATA], { account: gateway.account });
      await assertions.emit(posted, rewards, "RootPosted");
      const activatesAt = (await now()) + DELAY;
      await assertions.emitWithArgs(posted, rewards, "RootPosted", [1, era, ROOT, 300n, DATA]);
      expect(await rewards.read.rootOf([1, ROOT])).to.deep.equal({
        total: 300n,
        previousTotal: 0n,
        activatesAt,
        era,
      });
      expect(await rewards.read.poolOf([1])).to.deep.equal({
        free: 200n,
        latestTotal: 300n,
        latestEra: era,
        closedEra: era,
      });
      expect(await owed()).to.equal(await coins());
    });

    it("takes the whole budget, of several eras together, and nothing twice", async () => {
      const { rewards, closeEra, gateway } = await setup();
      await closeEra(100n);
      const era = await closeEra(200n);
      await rewards.write.postRoot([1, era, ROOT, 150n, DATA], { account: gateway.account });
      expect((await rewards.read.poolOf([1])).free).to.equal(0n);
    });

    it("is refused to all but the gateway's operator key", async () => {
      const { rewards, closeEra, rival, owner, stranger } = await setup();
      const era = await closeEra(1_000n);
      for (const wallet of [rival, owner, stranger])
        await refused(
          rewards.write.postRoot([1, era, ROOT, 1n, DATA], { account: wallet.account }),
          "EraRewards_NotOperator",
          [1, addressOf(wallet)],
        );
      await refused(
        rewards.write.postRoot([0, era, ROOT, 1n, DATA], { account: stranger.account }),
        "EraRewards_NotOperator",
        [0, addressOf(stranger)],
      );
    });

    it("is refused without a root or a data hash, and with a root that was posted", async () => {
      const { rewards, closeEra, gateway } = await setup();
      const from = gateway.account;
      const era = await closeEra(1_000n);
      await refused(
        rewards.write.postRoot([1, era, zeroHash, 1n, DATA], { account: from }),
        "EraRewards_ZeroRoot",
        [],
      );
      await refused(
        rewards.write.postRoot([1, era, ROOT, 1n, zeroHash], { account: from }),
        "EraRewards_ZeroDataHash",
        [],
      );
      await rewards.write.postRoot([1, era, ROOT, 1n, DATA], { account: from });
      const next = await closeEra(1_000n);
      await refused(
        rewards.write.postRoot([1, next, ROOT, 2n, DATA], { account: from }),
        "EraRewards_RootPosted",
        [1, ROOT],
      );
    });

    it("is refused before the era is closed, for an era that is reported, and before the first checkpoint", async () => {
      const { rewards, closeEra, gateway, rival } = await setup();
      const from = gateway.account;
      const era = await closeEra(1_000n);
      await refused(
        rewards.write.postRoot([1, era + 1, ROOT, 1n, DATA], { account: from }),
        "EraRewards_EraNotClosed",
        [1, era + 1, era],
      );
      await refused(
        rewards.write.postRoot([1, era - 1, ROOT, 1n, DATA], { account: from }),
        "EraRewards_EraReported",
        [1, era - 1, era - 1],
      );
      await rewards.write.postRoot([1, era, ROOT, 1n, DATA], { account: from });
      await refused(
        rewards.write.postRoot([1, era, keccak256(ROOT), 2n, DATA], { account: from }),
        "EraRewards_EraReported",
        [1, era, era],
      );
      await refused(
        rewards.write.postRoot([2, era, ROOT, 1n, DATA], { account: rival.account }),
        "EraRewards_EraNotClosed",
        [2, era, 0],
      );
    });

    it("is refused when the total does not rise, and when it rises above the budget", async () => {
      const { rewards, closeEra, gateway } = await setup();
      const from = gateway.account;
      const first = await closeEra(1_000n);
      await refused(
        rewards.write.postRoot([1, first, ROOT, 0n, DATA], { account: from }),
        "EraRewards_TotalNotRaised",
        [1, 0n, 0n],
      );
      await rewards.write.postRoot([1, first, ROOT, 400n, DATA], { account: from });
      const era = await closeEra(0n);
      const next = keccak256(ROOT);
      for (const total of [400n, 399n])
        await refused(
          rewards.write.postRoot([1, era, next, total, DATA], { account: from }),
          "EraRewards_TotalNotRaised",
          [1, total, 400n],
        );
      await refused(
        rewards.write.postRoot([1, era, next, 501n, DATA], { account: from }),
        "EraRewards_OverBudget",
        [1, 101n, 100n],
      );
      await refused(
        rewards.write.postRoot([1, era, next, 2n ** 128n - 1n, DATA], { account: from }),
        "EraRewards_OverBudget",
        [1, 2n ** 128n - 401n, 100n],
      );
      await rewards.write.postRoot([1, era, next, 500n, DATA], { account: from });
    });

    it("lets any number of roots wait, and each activate on its own", async () => {
      const { rewards, closeEra, post, claimOf, now } = await setup();
      const lists = [100n, 200n, 300n].map((cumulative) => [entryOf(1n, cumulative)]);
      const activations: number[] = [];
      for (const list of lists) {
        await closeEra(200n);
        await post(list);
        activations.push((await now()) + DELAY);
      }
      for (const [i, list] of lists.entries()) {
        const claim = claimOf(entryOf(1n, 100n * BigInt(i + 1)), list);
        const activatesAt = activations[i] ?? 0;
        if ((await now()) < activatesAt - 1) {
          await networkHelpers.time.increaseTo(activatesAt - 2);
          await refused(rewards.write.claim([claim]), "EraRewards_RootPending", [
            1,
            claim.root,
            BigInt(activatesAt),
          ]);
          await networkHelpers.time.setNextBlockTimestamp(activatesAt);
        }
        await rewards.write.claim([claim]);
        expect(await rewards.read.claimedOf([1, 1n])).to.equal(100n * BigInt(i + 1));
      }
    });
  });

  describe("disableRoot", () => {
    it("frees what the root promised, and lets its era be reported anew", async () => {
      const { rewards, owner, stranger, closeEra, post, era } = await setup();
      await rewards.write.setGuardian([stranger.account.address], { account: owner.account });
      await closeEra(1_000n);
      const before = await rewards.read.poolOf([1]);
      const { root } = await post([entryOf(1n, 500n)]);
      await assertions.emitWithArgs(
        rewards.write.disableRoot([1, root], { account: stranger.account }),
        rewards,
        "RootDisabled",
        [1, root, addressOf(stranger)],
      );
      expect(await rewards.read.poolOf([1])).to.deep.equal(before);
      expect((await rewards.read.rootOf([1, root])).total).to.equal(0n);
      await post([entryOf(1n, 500n)]);
      expect((await rewards.read.poolOf([1])).latestEra).to.equal((await era()) - 1);
    });

    it("is open to guardian, slasher and owner, and to nobody else", async () => {
      const { rewards, owner, gateway, slasher, closeEra, post } = await setup();
      await rewards.write.setSlasher([slasher.account.address], { account: owner.account });
      await closeEra(1_000n);
      const { root } = await post([entryOf(1n, 5n)]);
      await refused(
        rewards.write.disableRoot([1, root], { account: gateway.account }),
        "EraRewards_NotGuardian",
        [addressOf(gateway)],
      );
      await rewards.write.disableRoot([1, root], { account: slasher.account });
      await post([entryOf(1n, 5n)]);
      await rewards.write.disableRoot([1, root], { account: owner.account });
    });

    it("is refused once the root is active, and for no root", async () => {
      const { rewards, owner, closeEra, post, now } = await setup();
      const from = { account: owner.account };
      await closeEra(1_000n);
      const { root } = await post([entryOf(1n, 5n)]);
      const activatesAt = (await now()) + DELAY;
      await networkHelpers.time.setNextBlockTimestamp(activatesAt);
      await refused(rewards.write.disableRoot([1, root], from), "EraRewards_RootActive", [
        1,
        root,
        BigInt(activatesAt),
      ]);
      await refused(rewards.write.disableRoot([1, ROOT], from), "EraRewards_RootNotFound", [1, ROOT]);
      await refused(rewards.write.disableRoot([2, root], from), "EraRewards_RootNotFound", [2, root]);
    });

    it("works until the last second", async () => {
      const { rewards, owner, closeEra, post, now } = await setup();
      await closeEra(1_000n);
      const { root } = await post([entryOf(1n, 5n)]);
      await networkHelpers.time.setNextBlockTimestamp((await now()) + DELAY - 1);
      await rewards.write.disableRoot([1, root], { account: owner.account });
    });

    it("takes the latest first", async () => {
      const { rewards, owner, closeEra, post } = await setup();
      const from = { account: owner.account };
      const era = await closeEra(1_000n);
      const first = await post([entryOf(1n, 100n)]);
      await closeEra(1_000n);
      const second = await post([entryOf(1n, 700n)]);
      await refused(rewards.write.disableRoot([1, first.root], from), "EraRewards_NotLatestRoot", [
        1,
        first.root,
        100n,
        700n,
      ]);
      await rewards.write.disableRoot([1, second.root], from);
      expect(await rewards.read.poolOf([1])).to.include({ free: 900n, latestTotal: 100n, latestEra: era });
      await rewards.write.disableRoot([1, first.root], from);
      expect(await rewards.read.poolOf([1])).to.include({
        free: 1_000n,
        latestTotal: 0n,
        latestEra: era - 1,
      });
    });
  });

  describe("reportDigestOf", () => {
    it("is what protocol/typed-data signs: every field moves both", async () => {
      const { rewards, gateway, domain } = await setup();
      const base = { subnetId: 1, era: 20_000, root: ROOT, cumulativeTotal: 2n ** 128n - 1n };
      const variants = [
        base,
        { ...base, subnetId: 2 ** 32 - 1 },
        { ...base, era: 1 },
        { ...base, root: keccak256(ROOT) },
        { ...base, cumulativeTotal: 1n },
      ];
      const digests = new Set<string>();
      for (const report of variants) {
        const { subnetId, era, root, cumulativeTotal } = report;
        const digest = await rewards.read.reportDigestOf([subnetId, era, root, cumulativeTotal]);
        expect(digest).to.equal(hashTypedData(eraReportTypedData(domain, report)));
        digests.add(digest);
      }
      expect(digests.size).to.equal(variants.length);
      const signature = await gateway.signTypedData({
        account: gateway.account,
        ...eraReportTypedData(domain, base),
      });
      const hash = await rewards.read.reportDigestOf([1, 20_000, ROOT, 2n ** 128n - 1n]);
      expect(await recoverAddress({ hash, signature })).to.equal(addressOf(gateway));
      expect(await recoverEraReportSigner(domain, { report: base, signature })).to.equal(addressOf(gateway));
    });

    it("names this contract and this chain", async () => {
      const { rewards, domain } = await setup();
      const [, name, version, chainId, verifyingContract] = await rewards.read.eip712Domain();
      expect({
        name,
        version,
        chainId: Number(chainId),
        verifyingContract: verifyingContract.toLowerCase(),
      }).to.deep.equal({ ...domain, verifyingContract: domain.verifyingContract.toLowerCase() });
    });
  });

  it("counts eras of 24 hours by Unix time", async () => {
    const { rewards, now } = await setup();
    expect(await rewards.read.currentEra()).to.equal(Math.floor((await now()) / DAY));
    expect(await rewards.read.ERA_SECONDS()).to.equal(86_400n);
    expect(rewardTree([entryOf(1n, 1n)]).proofOf(1n)).to.deep.equal([]);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRewards);
  }
});
