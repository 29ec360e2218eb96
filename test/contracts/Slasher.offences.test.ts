import { expect } from "chai";
import { network } from "hardhat";
import { parseEther, zeroHash } from "viem";
import { leaseTree } from "@fizz/protocol/typed-data";
import { DAY, deploySlasher, FAULT, LEASE_HASH, REPORT } from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const WEEK = 7 * DAY;
const PROOF = leaseTree([LEASE_HASH]).proofOf(LEASE_HASH) ?? [];

describe("Slasher: what the rounds decided", () => {
  it("a false capacity is the node's: a larger share, nobody harmed, and a suspension", async () => {
    const { slasher, verdict, file, nodes, balances, tenant } = await setup();
    const id = await verdict(FAULT.falseCapacity, { nodeId: 2n });
    const { report } = await file(slasher.write.reportVerdict([id], { account: tenant.account }));
    expect(report).to.deep.include({
      offence: 2,
      accused: 1,
      nodeId: 2n,
      amount: parseEther("0.5"),
      deposit: 0n,
    });
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    // The reporter is who brought the evidence to the rounds, not who called here.
    expect(await balances()).to.deep.equal({
      pool: parseEther("0.45"),
      tenant: 0n,
      stranger: parseEther("0.05"),
      nodeOwner: 0n,
    });
    expect(await nodes.read.suspendedUntil([2n])).to.be.greaterThan(report.appealUntil + WEEK - 10);
  });

  for (const [name, fault, offence, amount] of [
    ["a false root", FAULT.falseRoot, 3, parseEther("0.5")],
    ["an omission", FAULT.omission, 4, parseEther("0.2")],
  ] as const) {
    it(`${name} is the gateway's: it costs stake, and the node nothing`, async () => {
      const { slasher, verdict, file, nodes, subnets, balances } = await setup();
      const id = await verdict(fault);
      const { report } = await file(slasher.write.reportVerdict([id]));
      expect(report).to.deep.include({ offence, accused: 2, subnetId: 1, amount, locked: amount });
      await networkHelpers.time.increaseTo(report.appealUntil + 1);
      await slasher.write.settle([report]);
      expect((await subnets.read.stakeOf([1])).amount).to.equal(parseEther("1") - amount);
      expect((await subnets.read.stakeOf([1])).locked).to.equal(0n);
      expect((await nodes.read.bondOf([1n])).amount).to.equal(parseEther("0.1"));
      expect(await nodes.read.suspendedUntil([1n])).to.equal(0);
      expect((await balances()).pool + (await balances()).stranger).to.equal(amount);
    });
  }

  it("costs a gateway at least the least penalty, as far as it has it", async () => {
    const { slasher, verdict, file, subnets } = await setup();
    await subnets.write.slashStake([1, parseEther("0.98")]);
    const { report } = await file(slasher.write.reportVerdict([await verdict(FAULT.falseRoot)]));
    expect(report).to.deep.include({ amount: parseEther("0.025"), stakeCap: parseEther("0.02") });
  });

  it("is reported once, in the window, and only if it exists", async () => {
    const { slasher, verdict, now, at } = await setup();
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.reportVerdict([zeroHash]),
      slasher,
      "Slasher_NoVerdict",
      [zeroHash],
    );
    const decidedAt = await now();
    const id = await verdict(FAULT.omission, { decidedAt });
    await at(decidedAt + WEEK + 1);
    await assertions.revertWithCustomError(slasher.write.reportVerdict([id]), slasher, "Slasher_TooOld");
    const future = await verdict(FAULT.omission, { decidedAt: decidedAt + 2 * WEEK, nodeId: 2n });
    await assertions.revertWithCustomError(
      slasher.write.reportVerdict([future]),
      slasher,
      "Slasher_InTheFuture",
    );
    const fresh = await verdict(FAULT.omission, { decidedAt: await now(), nodeId: 3n });
    await slasher.write.reportVerdict([fresh]);
    await assertions.revertWithCustomError(
      slasher.write.reportVerdict([fresh]),
      slasher,
      "Slasher_AlreadyReported",
    );
  });

  it("takes the last second of the window", async () => {
    const { slasher, verdict, now, at } = await setup();
    const decidedAt = await now();
    const id = await verdict(FAULT.omission, { decidedAt });
    await at(decidedAt + WEEK);
    await slasher.write.reportVerdict([id]);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }
});

describe("Slasher: a gateway that contradicts itself", () => {
  it("two pulses of one second that differ cost it stake, once a day", async () => {
    const { slasher, makePulse, signPulse, gateway, stranger, file, subnets } = await setup();
    const at = Math.floor((await makePulse()).at / DAY) * DAY;
    const pulses = await pair({ at });
    const call = async () => await slasher.write.reportTwoPulses(pulses, { account: stranger.account });
    const { report, reportId } = await file(call());
    expect(report).to.deep.include({
      offence: 5,
      accused: 2,
      subnetId: 1,
      amount: parseEther("0.3"),
      harm: 0n,
    });
    await assertions.revertWithCustomErrorWithArgs(call(), slasher, "Slasher_AlreadyReported", [
      reportId,
      REPORT.open,
    ]);
    await assertions.revertWithCustomError(
      slasher.write.reportTwoPulses(await pair({ at: at + 1 })),
      slasher,
      "Slasher_AlreadyReported",
    );
    await slasher.write.reportTwoPulses(await pair({ at: at - 1 }));
    expect((await subnets.read.stakeOf([1])).locked).to.equal(parseEther("0.6"));

    async function pair(changes: { at: number }) {
      const one = await makePulse(changes);
      const other = await makePulse({ ...changes, leases: 2 });
      return [one, await signPulse(one, gateway), other, await signPulse(other, gateway)] as const;
    }
  });

  it("is not shown by pulses that agree, speak of different things, or are another's", async () => {
    const { slasher, makePulse, signPulse, gateway, stranger, otherGateway } = await setup();
    const base = await makePulse();
    const report = async (
      changes: Parameters<typeof makePulse>[0],
      signers: readonly (typeof gateway)[] = [gateway, gateway],
    ) => {
      const other = { ...base, ...changes };
      return await slasher.write.reportTwoPulses([
        base,
        await signPulse(base, signers[0] ?? gateway),
        other,
        await signPulse(other, signers[1] ?? gateway),
      ]);
    };
    const refuse = async (
      reported: ReturnType<typeof report>,
      error: "Slasher_NoContradiction" | "Slasher_BadGatewaySignature",
    ) => {
      await assertions.revertWithCustomError(reported, slasher, error);
    };
    await refuse(report({}), "Slasher_NoContradiction");
    await refuse(report({ nodeId: 2n }), "Slasher_NoContradiction");
    await refuse(report({ subnetId: 2 }), "Slasher_NoContradiction");
    await refuse(report({ at: base.at - 1 }), "Slasher_NoContradiction");
    await refuse(report({ leases: 2 }, [gateway, stranger]), "Slasher_BadGatewaySignature");
    await refuse(report({ leases: 2 }, [stranger, gateway]), "Slasher_BadGatewaySignature");
    await refuse(report({ leases: 2 }, [gateway, otherGateway]), "Slasher_BadGatewaySignature");
  });

  it("is not shown by pulses older than the window, or ahead of time", async () => {
    const { slasher, makePulse, signPulse, gateway, now } = await setup();
    for (const [at, error] of [
      [(await now()) - WEEK - 1, "Slasher_TooOld"],
      [(await now()) + DAY, "Slasher_InTheFuture"],
    ] as const) {
      const one = await makePulse({ at });
      const other = await makePulse({ at, leases: 2 });
      await assertions.revertWithCustomError(
        slasher.write.reportTwoPulses([
          one,
          await signPulse(one, gateway),
          other,
          await signPulse(other, gateway),
        ]),
        slasher,
        error,
      );
    }
  });

  it("a pulse in the time of its own claim: the node's owner gets what it lost", async () => {
    const { slasher, claimDowntime, makePulse, signPulse, gateway, file, balances } = await setup();
    const { claim } = await claimDowntime();
    const pulse = await makePulse({ at: claim.fromAt });
    const { report } = await file(
      slasher.write.reportDeniedService([claim, pulse, await signPulse(pulse, gateway), PROOF]),
    );
    expect(report.harm).to.equal(claim.toNode);
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    expect((await balances()).nodeOwner).to.equal(claim.toNode);
  });

  it("a voided claim leaves nobody harmed", async () => {
    const { slasher, claimDowntime, makePulse, signPulse, signService, gateway, tenant, file } =
      await setup();
    const { claim } = await claimDowntime();
    const { fromAt, duration } = claim;
    await slasher.write.voidClaim([
      claim,
      fromAt,
      fromAt + duration,
      await signService({ from: fromAt, until: fromAt + duration }, tenant),
    ]);
    const pulse = await makePulse({ at: fromAt });
    const { report } = await file(
      slasher.write.reportDeniedService([claim, pulse, await signPulse(pulse, gateway), PROOF]),
    );
    expect(report.harm).to.equal(0n);
  });

  it("no pulse outside of the claim, of another node, without the lease, or of a stranger counts", async () => {
    const { slasher, claimDowntime, makePulse, signPulse, gateway, stranger } = await setup();
    const { claim, claimId } = await claimDowntime();
    const report = async (
      changes: Parameters<typeof makePulse>[0],
      { leases = [LEASE_HASH], signer = gateway, record = claim } = {},
    ) => {
      const pulse = await makePulse({ at: claim.fromAt, ...changes }, leases);
      return await slasher.write.reportDeniedService([record, pulse, await signPulse(pulse, signer), PROOF]);
    };
    for (const changes of [
      { at: claim.fromAt - 1 },
      { at: claim.fromAt + claim.duration },
      { nodeId: 2n },
      { subnetId: 2 },
    ]) {
      await assertions.revertWithCustomError(report(changes), slasher, "Slasher_NoContradiction");
    }
    await assertions.revertWithCustomError(
      report({}, { leases: [zeroHash] }),
      slasher,
      "Slasher_LeaseNotInPulse",
    );
    await assertions.revertWithCustomError(
      report({}, { signer: stranger }),
      slasher,
      "Slasher_BadGatewaySignature",
    );
    await assertions.revertWithCustomError(
      report({}, { record: { ...claim, fromAt: claim.fromAt - 1 } }),
      slasher,
      "Slasher_ClaimUnknown",
    );
    expect(await slasher.read.claimStateOf([claimId])).to.equal(1);
    await networkHelpers.time.increaseTo(claim.claimedAt + WEEK);
    await assertions.revertWithCustomError(report({}), slasher, "Slasher_TooOld");
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }
});
