import { expect } from "chai";
import { network } from "hardhat";
import { parseEther } from "viem";
import { CLAIM, DAY, deploySlasher, FAULT, WEI_PER_SECOND } from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const HOUR = 3_600;

describe("Slasher: claims of downtime", () => {
  it("take the time off the bill, and hold twice its price of the gateway's stake", async () => {
    const { slasher, claimDowntime, market, subnets, tenant } = await setup();
    const { claim, claimId } = await claimDowntime();
    const value = BigInt(HOUR) * WEI_PER_SECOND;
    expect(claim).to.deep.include({
      lid: 1n,
      nodeId: 1n,
      subnetId: 1,
      duration: HOUR,
      value,
      locked: 2n * value,
    });
    expect(claim.tenant.toLowerCase()).to.equal(tenant.account.address);
    // What the node would have earned: less 10 % for the subnet and 5 % for the protocol.
    expect(claim.toNode).to.equal((value * 85n) / 100n);
    expect(claim.voidableUntil - claim.claimedAt).to.equal(3 * DAY);
    expect(await slasher.read.claimStateOf([claimId])).to.equal(CLAIM.open);
    expect(await slasher.read.claimedUntilOf([1n])).to.equal(claim.fromAt + HOUR);
    expect((await market.read.heldOf([1n]))[0]).to.equal(DAY - HOUR);
    expect((await subnets.read.stakeOf([1])).locked).to.equal(2n * value);
  });

  it("hold at least the least lock", async () => {
    const { claimDowntime } = await setup();
    expect((await claimDowntime(60)).claim.locked).to.equal(parseEther("0.001"));
  });

  describe("are refused", () => {
    it("to anybody but the gateway of the lease, and for another token", async () => {
      const { slasher, otherGateway, gateway, stranger, setLease, now } = await setup();
      const from = (await now()) - 100;
      for (const { account } of [otherGateway, stranger]) {
        await assertions.revertWithCustomError(
          slasher.write.claimDowntime([1n, from, 60], { account }),
          slasher,
          "Slasher_NotGateway",
        );
      }
      await assertions.revertWithCustomError(
        slasher.write.claimDowntime([99n, from, 60], { account: stranger.account }),
        slasher,
        "Slasher_NotGateway",
      );
      await setLease(1n, { token: stranger.account.address });
      await assertions.revertWithCustomError(
        slasher.write.claimDowntime([1n, from, 60], { account: gateway.account }),
        slasher,
        "Slasher_NotNative",
      );
    });

    it("outside of the time that is held back: before the start, before the holdback, in the future", async () => {
      const { slasher, gateway, market, setLease, now } = await setup();
      await market.write.setHeld([1n, DAY, BigInt(DAY) * WEI_PER_SECOND]);
      const claim = async (from: number, duration: number) =>
        await slasher.write.claimDowntime([1n, from, duration], { account: gateway.account });
      const refuse = async (claimed: ReturnType<typeof claim>) => {
        await assertions.revertWithCustomError(claimed, slasher, "Slasher_DowntimeOutOfRange");
      };
      const startedAt = (await now()) - HOUR;
      await setLease(1n, { settledAt: startedAt });
      await refuse(claim(startedAt - 1, 60));
      await refuse(claim((await now()) - 60, 3_600));
      await refuse(claim(2 ** 40 - 1, 2 ** 32 - 1));
      await setLease(1n, { settledAt: startedAt - 2 * DAY });
      await refuse(claim((await now()) - DAY, 60));
    });

    it("for longer than a tenth of the time that the lease ran, or six hours, or nothing", async () => {
      const { slasher, gateway, market, setLease, now } = await setup();
      const startedAt = (await now()) - 10 * HOUR;
      await setLease(1n, { settledAt: startedAt });
      await market.write.setHeld([1n, 10 * HOUR, BigInt(10 * HOUR) * WEI_PER_SECOND]);
      const claim = async (duration: number) =>
        await slasher.write.claimDowntime([1n, startedAt, duration], { account: gateway.account });
      await assertions.revertWithCustomErrorWithArgs(claim(HOUR + 1), slasher, "Slasher_ClaimTooLong", [
        BigInt(HOUR + 1),
        BigInt(HOUR),
      ]);
      await assertions.revertWithCustomErrorWithArgs(claim(0), slasher, "Slasher_ClaimTooLong", [
        0n,
        BigInt(HOUR),
      ]);
      await claim(HOUR);
    });

    it("of time that was claimed before, and beyond the tenth in several steps", async () => {
      const { slasher, claimDowntime, gateway, now } = await setup();
      const { claim } = await claimDowntime();
      await networkHelpers.time.increase(1_000);
      const again = async (from: number, duration: number) =>
        await slasher.write.claimDowntime([1n, from, duration], { account: gateway.account });
      await assertions.revertWithCustomError(
        again(claim.fromAt + HOUR - 1, 60),
        slasher,
        "Slasher_DowntimeOutOfRange",
      );
      await assertions.revertWithCustomError(
        again((await now()) - 200, 150),
        slasher,
        "Slasher_ClaimTooLong",
      );
      await again((await now()) - 200, 100);
    });

    it("when nothing is held back, or the stake does not cover it", async () => {
      const { slasher, gateway, market, subnets, setLease, now } = await setup();
      await setLease(1n, { settledAt: (await now()) - HOUR, ratePerSecond: 1n });
      await market.write.setHeld([1n, HOUR, 0n]);
      const claim = async () =>
        await slasher.write.claimDowntime([1n, (await now()) - 200, 60], { account: gateway.account });
      await assertions.revertWithCustomErrorWithArgs(claim(), slasher, "Slasher_NothingHeld", [1n]);
      await setLease(1n, { settledAt: (await now()) - HOUR });
      await market.write.setHeld([1n, HOUR, BigInt(HOUR) * WEI_PER_SECOND]);
      await subnets.write.slashStake([1, parseEther("0.9995")]);
      await assertions.revertWithCustomErrorWithArgs(claim(), slasher, "Slasher_StakeTooLow", [
        1,
        parseEther("0.0005"),
        parseEther("0.001"),
      ]);
    });
  });

  it("reach a closed lease until what it holds is released, and an exhausted one until its money ended", async () => {
    const { slasher, gateway, market, setLease, now } = await setup();
    const closedAt = (await now()) - 100;
    await setLease(1n, { state: 4, settledAt: closedAt - 10 * HOUR, deadline: closedAt + DAY });
    await market.write.setHeld([1n, 0, BigInt(10 * HOUR) * WEI_PER_SECOND]);
    const claim = async (lid: bigint, until: number) =>
      await slasher.write.claimDowntime([lid, until - HOUR, HOUR], { account: gateway.account });
    await assertions.revertWithCustomError(claim(1n, closedAt + 1), slasher, "Slasher_DowntimeOutOfRange");
    // The stand-in credits by the second, so let it hold seconds too; the cap is then the same.
    await market.write.setHeld([1n, 10 * HOUR, BigInt(10 * HOUR) * WEI_PER_SECOND]);
    await claim(1n, closedAt);
    await setLease(2n, { settledAt: closedAt - 10 * HOUR });
    await market.write.setPaidUntil([2n, BigInt(closedAt)]);
    await market.write.setHeld([2n, 10 * HOUR, BigInt(10 * HOUR) * WEI_PER_SECOND]);
    await assertions.revertWithCustomError(claim(2n, closedAt + 1), slasher, "Slasher_DowntimeOutOfRange");
    await claim(2n, closedAt);
  });

  describe("voided", () => {
    it("by the tenant's receipt: the node gets what it lost, the pool the rest", async () => {
      const { slasher, claimDowntime, signService, tenant, balances, subnets } = await setup();
      const { claim, claimId } = await claimDowntime();
      const until = claim.fromAt + HOUR;
      const signature = await signService({ from: claim.fromAt, until }, tenant);
      await assertions.emitWithArgs(
        slasher.write.voidClaim([claim, claim.fromAt, until, signature]),
        slasher,
        "ClaimVoided",
        [claimId, claim.tenant, claim.locked, claim.toNode],
      );
      expect(await balances()).to.deep.equal({
        pool: claim.locked - claim.toNode,
        tenant: 0n,
        stranger: 0n,
        nodeOwner: claim.toNode,
      });
      expect(await subnets.read.stakeOf([1])).to.deep.include({
        amount: parseEther("1") - claim.locked,
        locked: 0n,
      });
      await assertions.revertWithCustomErrorWithArgs(
        slasher.write.voidClaim([claim, claim.fromAt, until, signature]),
        slasher,
        "Slasher_ClaimNotOpen",
        [claimId, CLAIM.voided],
      );
    });

    it("by a second gateway in whose active subnet the node is", async () => {
      const { slasher, claimDowntime, signService, nodes, subnets, otherGateway } = await setup();
      const { claim } = await claimDowntime();
      const until = claim.fromAt + HOUR;
      const signature = await signService({ from: claim.fromAt, until }, otherGateway);
      const voided = async () => await slasher.write.voidClaim([claim, claim.fromAt, until, signature]);
      await assertions.revertWithCustomErrorWithArgs(voided(), slasher, "Slasher_NotInSubnet", [1n, 2]);
      await nodes.write.setJoined([1n, 2, true]);
      const { address } = otherGateway.account;
      await subnets.write.setSubnet([2, address, address, false]);
      await assertions.revertWithCustomErrorWithArgs(voided(), slasher, "Slasher_NotInSubnet", [1n, 2]);
      await subnets.write.setSubnet([2, address, address, true]);
      await voided();
    });

    it("by nobody else, and by no receipt for another lease", async () => {
      const { slasher, claimDowntime, signService, gateway, operator, stranger, tenant, domain } =
        await setup();
      const { claim } = await claimDowntime();
      const until = claim.fromAt + HOUR;
      for (const signer of [gateway, operator, stranger]) {
        await assertions.revertWithCustomError(
          slasher.write.voidClaim([
            claim,
            claim.fromAt,
            until,
            await signService({ from: claim.fromAt, until }, signer),
          ]),
          slasher,
          "Slasher_BadWitness",
        );
      }
      const other = await signService(
        { from: claim.fromAt, until, leaseHash: `${domain.verifyingContract}${"00".repeat(12)}` },
        tenant,
      );
      await assertions.revertWithCustomError(
        slasher.write.voidClaim([claim, claim.fromAt, until, other]),
        slasher,
        "Slasher_BadWitness",
      );
    });

    it("only by a receipt that covers a tenth of the time", async () => {
      const { slasher, claimDowntime, signService, tenant } = await setup();
      const { claim } = await claimDowntime();
      const voided = async (from: number, until: number) =>
        await slasher.write.voidClaim([claim, from, until, await signService({ from, until }, tenant)]);
      for (const [from, until, covered] of [
        [claim.fromAt, claim.fromAt + 359, 359n],
        [claim.fromAt - HOUR, claim.fromAt + 100, 100n],
        [claim.fromAt - HOUR, claim.fromAt, 0n],
        [claim.fromAt + HOUR, claim.fromAt, 0n],
      ] as const) {
        await assertions.revertWithCustomErrorWithArgs(
          voided(from, until),
          slasher,
          "Slasher_EvidenceTooShort",
          [covered, 360n],
        );
      }
      await voided(claim.fromAt + HOUR - 360, claim.fromAt + 2 * HOUR);
    });

    it("only in its time, and only as it was made", async () => {
      const { slasher, claimDowntime, signService, tenant, at } = await setup();
      const { claim, claimId } = await claimDowntime();
      const until = claim.fromAt + HOUR;
      const signature = await signService({ from: claim.fromAt, until }, tenant);
      await assertions.revertWithCustomError(
        slasher.write.voidClaim([{ ...claim, toNode: claim.locked }, claim.fromAt, until, signature]),
        slasher,
        "Slasher_ClaimNotOpen",
      );
      await at(claim.voidableUntil + 1);
      await assertions.revertWithCustomErrorWithArgs(
        slasher.write.voidClaim([claim, claim.fromAt, until, signature]),
        slasher,
        "Slasher_ClaimWindowOver",
        [claimId, BigInt(claim.voidableUntil)],
      );
    });

    it("in the last second, with the stake still held", async () => {
      const { slasher, claimDowntime, signService, tenant, at, subnets } = await setup();
      const { claim } = await claimDowntime();
      await subnets.write.thaw([1n, parseEther("1")]);
      const until = claim.fromAt + HOUR;
      const signature = await signService({ from: claim.fromAt, until }, tenant);
      await at(claim.voidableUntil);
      await slasher.write.voidClaim([claim, claim.fromAt, until, signature]);
      expect((await subnets.read.stakeOf([1])).amount).to.equal(parseEther("1") - claim.locked);
    });
  });

  describe("released", () => {
    it("when their time is over: the stake is free", async () => {
      const { slasher, claimDowntime, at, subnets } = await setup();
      const { claim, claimId } = await claimDowntime();
      await at(claim.voidableUntil);
      await assertions.revertWithCustomErrorWithArgs(
        slasher.write.releaseClaim([claim]),
        slasher,
        "Slasher_ClaimWindowRunning",
        [claimId, BigInt(claim.voidableUntil)],
      );
      await at(claim.voidableUntil + 1);
      await slasher.write.releaseClaim([claim]);
      expect(await slasher.read.claimStateOf([claimId])).to.equal(CLAIM.released);
      expect((await subnets.read.stakeOf([1])).locked).to.equal(0n);
      await assertions.revertWithCustomError(
        slasher.write.releaseClaim([claim]),
        slasher,
        "Slasher_ClaimNotOpen",
      );
    });

    it("not while a report against the gateway may be settled", async () => {
      const { slasher, claimDowntime, verdict, file, at } = await setup();
      const { claim } = await claimDowntime();
      const { report } = await file(slasher.write.reportVerdict([await verdict(FAULT.omission)]));
      await at(claim.voidableUntil + 1);
      await assertions.revertWithCustomErrorWithArgs(
        slasher.write.releaseClaim([claim]),
        slasher,
        "Slasher_ReportsRunning",
        [1, BigInt(report.lapsesAt)],
      );
      await at(report.lapsesAt + 1);
      await slasher.write.releaseClaim([claim]);
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }
});
