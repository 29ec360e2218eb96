import { expect } from "chai";
import { network } from "hardhat";
import { parseEther, zeroHash } from "viem";
import { leaseTree } from "@fizz/protocol/typed-data";
import {
  DAY,
  DEPOSIT,
  deploySlasher,
  LEASE_HASH,
  REPORT,
  WEI_PER_SECOND,
} from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const NO_PROOF = leaseTree([LEASE_HASH]).proofOf(LEASE_HASH) ?? [];
const WEEK = 7 * DAY;

type Refusal =
  | "Slasher_PulseNotForNode"
  | "Slasher_PulseTooEarly"
  | "Slasher_InTheFuture"
  | "Slasher_LeaseNotInPulse"
  | "Slasher_BadNodeSignature"
  | "Slasher_BadGatewaySignature"
  | "Slasher_AppealOver";

describe("Slasher: reports", () => {
  describe("a missed start", () => {
    it("is reported by anybody for the tenant, at the smaller share of a Fizz node", async () => {
      const { noShow, tenant, slasher, nodes } = await setup();
      const { report, reportId } = await noShow();
      expect(report).to.deep.include({
        offence: 0,
        accused: 0,
        nodeId: 1n,
        subnetId: 1,
        locked: parseEther("0.002"),
      });
      expect([report.reporter, report.harmed].map((account) => account.toLowerCase())).to.deep.equal([
        tenant.account.address,
        tenant.account.address,
      ]);
      expect(report.amount).to.equal(parseEther("0.002"));
      expect(report.appealUntil - report.reportedAt).to.equal(3 * DAY);
      expect(report.lapsesAt - report.reportedAt).to.equal(14 * DAY);
      expect(await slasher.read.reportStateOf([reportId])).to.equal(REPORT.open);
      expect((await nodes.read.bondOf([1n])).locked).to.equal(parseEther("0.002"));
    });

    it("costs a provider node more", async () => {
      const { noShow } = await setup();
      expect((await noShow(2n)).report.amount).to.equal(parseEther("0.05"));
    });

    it("costs a node without a bond the least penalty, of which nothing can be held", async () => {
      const { noShow } = await setup();
      expect((await noShow(3n)).report).to.deep.include({
        amount: parseEther("0.001"),
        stakeCap: 0n,
        locked: 0n,
      });
    });

    it("is refused when there was none, and when it is too long ago", async () => {
      const { slasher, market, setLease, now, at } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        slasher.write.reportNoShow([1n]),
        slasher,
        "Slasher_NoNoShow",
        [1n],
      );
      await market.write.setNoShow([1n]);
      const openedAt = await now();
      await setLease(1n, { settledAt: openedAt });
      await at(openedAt + DAY + WEEK + 1);
      await assertions.revertWithCustomError(slasher.write.reportNoShow([1n]), slasher, "Slasher_TooOld");
    });

    it("suspends the node at the third", async () => {
      const { noShow, setLease, slasher, nodes } = await setup();
      await setLease(4n, { nodeId: 1n });
      await setLease(5n, { nodeId: 1n });
      for (const [lid, suspended] of [
        [1n, false],
        [4n, false],
        [5n, true],
      ] as const) {
        const { report } = await noShow(lid);
        await networkHelpers.time.increaseTo(report.appealUntil + 1);
        await slasher.write.settle([report]);
        expect((await nodes.read.suspendedUntil([1n])) > 0).to.equal(suspended);
        await setLease(4n, { nodeId: 1n, settledAt: report.appealUntil });
        await setLease(5n, { nodeId: 1n, settledAt: report.appealUntil });
      }
    });
  });

  describe("an abandoned lease", () => {
    it("is reported by its tenant, with exactly the deposit", async () => {
      const { slasher, tenant, stranger } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        slasher.write.reportAbandonment([1n], { account: tenant.account, value: DEPOSIT - 1n }),
        slasher,
        "Slasher_WrongDeposit",
        [DEPOSIT - 1n, DEPOSIT],
      );
      await assertions.revertWithCustomError(
        slasher.write.reportAbandonment([1n], { account: stranger.account, value: DEPOSIT }),
        slasher,
        "Slasher_NotTenant",
      );
      await assertions.revertWithCustomError(
        slasher.write.reportAbandonment([99n], { account: tenant.account, value: DEPOSIT }),
        slasher,
        "Slasher_NotTenant",
      );
    });

    it("is refused for a lease that does not run, or has no money", async () => {
      const { slasher, tenant, setLease, market, now } = await setup();
      await setLease(1n, { state: 4 });
      const report = async () =>
        await slasher.write.reportAbandonment([1n], { account: tenant.account, value: DEPOSIT });
      await assertions.revertWithCustomErrorWithArgs(report(), slasher, "Slasher_NotRunning", [1n, 4]);
      await setLease(1n, { state: 3 });
      const paidUntil = BigInt(await now());
      await market.write.setPaidUntil([1n, paidUntil]);
      await assertions.revertWithCustomErrorWithArgs(report(), slasher, "Slasher_Exhausted", [1n, paidUntil]);
    });

    it("answered with a pulse of its gateway: nothing is taken, the deposit is lost", async () => {
      const { slasher, abandonment, makePulse, signPulse, operator, gateway, balances, nodes } =
        await setup();
      const { report, reportId } = await abandonment();
      const pulse = await makePulse();
      await slasher.write.appeal([
        report,
        pulse,
        await signPulse(pulse, operator),
        await signPulse(pulse, gateway),
        NO_PROOF,
      ]);
      expect(await slasher.read.reportStateOf([reportId])).to.equal(REPORT.appealed);
      expect(await balances()).to.deep.equal({
        pool: (DEPOSIT * 4n) / 5n,
        tenant: 0n,
        stranger: 0n,
        nodeOwner: DEPOSIT / 5n,
      });
      expect((await nodes.read.bondOf([1n])).amount).to.equal(parseEther("0.1"));
    });

    it("answered with a pulse of another gateway: the deposit goes back", async () => {
      const { slasher, nodes, abandonment, makePulse, signPulse, operator, otherGateway, balances } =
        await setup();
      const { report } = await abandonment();
      const pulse = await makePulse({ subnetId: 2 });
      const answer = async () =>
        await slasher.write.appeal([
          report,
          pulse,
          await signPulse(pulse, operator),
          await signPulse(pulse, otherGateway),
          NO_PROOF,
        ]);
      await assertions.revertWithCustomErrorWithArgs(answer(), slasher, "Slasher_NotInSubnet", [1n, 2]);
      await nodes.write.setJoined([1n, 2, true]);
      await answer();
      expect(await balances()).to.deep.equal({ pool: 0n, tenant: DEPOSIT, stranger: 0n, nodeOwner: 0n });
    });

    it("can be reported again after an answer", async () => {
      const { slasher, abandonment, makePulse, signPulse, operator, gateway } = await setup();
      const first = await abandonment();
      const pulse = await makePulse();
      await slasher.write.appeal([
        first.report,
        pulse,
        await signPulse(pulse, operator),
        await signPulse(pulse, gateway),
        NO_PROOF,
      ]);
      const second = await abandonment();
      expect(second.reportId).to.equal(first.reportId);
      expect(await slasher.read.reportStateOf([second.reportId])).to.equal(REPORT.open);
    });

    it("refuses answers that prove nothing", async () => {
      const { slasher, abandonment, makePulse, signPulse, operator, gateway, stranger } = await setup();
      const { report, reportId } = await abandonment();
      const answer = async (
        changes: Parameters<typeof makePulse>[0],
        { leases = [LEASE_HASH], node = operator, by = gateway, proof = NO_PROOF } = {},
      ) => {
        const pulse = await makePulse(changes, leases);
        return await slasher.write.appeal([
          report,
          pulse,
          await signPulse(pulse, node),
          await signPulse(pulse, by),
          proof,
        ]);
      };
      const refuse = async (answered: ReturnType<typeof answer>, error: Refusal) => {
        await assertions.revertWithCustomError(answered, slasher, error);
      };
      await refuse(answer({ nodeId: 2n }), "Slasher_PulseNotForNode");
      await refuse(answer({ at: report.reportedAt - 901 }), "Slasher_PulseTooEarly");
      await refuse(answer({ at: report.reportedAt + DAY }), "Slasher_InTheFuture");
      await refuse(answer({}, { leases: [zeroHash] }), "Slasher_LeaseNotInPulse");
      await refuse(answer({}, { proof: [zeroHash] }), "Slasher_LeaseNotInPulse");
      await refuse(answer({}, { node: stranger }), "Slasher_BadNodeSignature");
      await refuse(answer({}, { by: stranger }), "Slasher_BadGatewaySignature");
      await refuse(answer({ subnetId: 2 }), "Slasher_BadGatewaySignature");
      await networkHelpers.time.increaseTo(report.appealUntil);
      await refuse(answer({}), "Slasher_AppealOver");
      expect(await slasher.read.reportStateOf([reportId])).to.equal(REPORT.open);
    });

    it("takes an answer at the very edges: the oldest pulse, the last second", async () => {
      const { slasher, abandonment, makePulse, signPulse, operator, gateway, at } = await setup();
      const { report } = await abandonment();
      const pulse = await makePulse({ at: report.reportedAt - 900 }, [LEASE_HASH, zeroHash]);
      const proof = leaseTree([LEASE_HASH, zeroHash]).proofOf(LEASE_HASH) ?? [];
      const signatures = [await signPulse(pulse, operator), await signPulse(pulse, gateway)] as const;
      await at(report.appealUntil);
      await slasher.write.appeal([report, pulse, ...signatures, proof]);
    });

    it("settled: a Fizz node pays from rewards, then held-back earnings, then its bond", async () => {
      const { slasher, abandonment, rewards, market, balances, nodes, tenant } = await setup();
      const { report, reportId } = await abandonment();
      expect(report.amount).to.equal(parseEther("0.01"));
      await rewards.write.setClaimable([1n, parseEther("0.002")]);
      await market.write.setHeld([1n, 3_000, parseEther("0.003")]);
      await networkHelpers.time.increaseTo(report.appealUntil + 1);
      await assertions.emitWithArgs(slasher.write.settle([report]), slasher, "ReportSettled", [
        reportId,
        parseEther("0.002"),
        parseEther("0.003"),
        parseEther("0.005"),
      ]);
      // 30 % to the harmed, who is no reporter with a cut here, and the deposit back.
      expect(await balances()).to.deep.equal({
        pool: parseEther("0.0035"),
        tenant: DEPOSIT + parseEther("0.0015"),
        stranger: 0n,
        nodeOwner: 0n,
      });
      expect((await nodes.read.bondOf([1n])).amount).to.equal(parseEther("0.095"));
      expect(await rewards.read.creditOf([1n])).to.deep.equal([0n, 0n]);
      expect((await nodes.read.bondOf([1n])).locked).to.equal(parseEther("0.005"));
      expect((await nodes.read.suspendedUntil([1n])) > report.appealUntil).to.equal(true);
      await slasher.write.withdraw({ account: tenant.account });
      await assertions.revertWithCustomError(
        slasher.write.withdraw({ account: tenant.account }),
        slasher,
        "Slasher_NothingToWithdraw",
      );
    });

    it("settled: a provider node pays from its bond, and its held-back earnings go to the tenant as well", async () => {
      const { slasher, abandonment, rewards, market, nodes } = await setup();
      const { report } = await abandonment(2n);
      await rewards.write.setClaimable([2n, parseEther("1")]);
      await market.write.setHeld([2n, 3_000, parseEther("0.003")]);
      await networkHelpers.time.increaseTo(report.appealUntil + 1);
      await slasher.write.settle([report]);
      expect((await nodes.read.bondOf([2n])).amount).to.equal(parseEther("0.8"));
      expect(await rewards.read.claimable([2n])).to.equal(parseEther("1"));
      expect(await market.read.heldOf([2n])).to.deep.equal([0, 0n]);
    });

    it("settled: the harmed gets no more than the price of a day, less what it keeps of the bill", async () => {
      const { slasher, abandonment, setLease, market, balances } = await setup();
      await setLease(2n, { ratePerSecond: WEI_PER_SECOND * 10n ** 11n });
      await market.write.setHeld([2n, 3_000, parseEther("0.003")]);
      const { report } = await abandonment(2n);
      expect(report.harm).to.equal(parseEther("0.00864"));
      await networkHelpers.time.increaseTo(report.appealUntil + 1);
      await slasher.write.settle([report]);
      expect((await balances()).tenant).to.equal(DEPOSIT + parseEther("0.00564"));
    });

    it("settled: a lease in another token counts its held-back earnings apart", async () => {
      const { slasher, abandonment, setLease, market, balances, stranger } = await setup();
      await setLease(1n, { token: stranger.account.address });
      await market.write.setHeld([1n, 3_000, parseEther("0.003")]);
      const { report } = await abandonment(1n);
      expect(report.native).to.equal(false);
      await networkHelpers.time.increaseTo(report.appealUntil + 1);
      await slasher.write.settle([report]);
      expect((await balances()).tenant).to.equal(DEPOSIT + parseEther("0.003"));
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }
});
