import { expect } from "chai";
import { network } from "hardhat";
import { zeroAddress } from "viem";
import { DAY, deploySlasher, FAULT, WEI_PER_SECOND } from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const MAX_SECONDS = 6 * 3_600;
const NO_SIGNATURE = "0x";

describe("Slasher: bounds of claims, to the second", () => {
  it("the longest claim takes six hours, one second more is refused", async () => {
    const { claimSeconds, slasher } = await setup();
    await assertions.revertWithCustomErrorWithArgs(
      claimSeconds(MAX_SECONDS + 1, 4 * DAY),
      slasher,
      "Slasher_ClaimTooLong",
      [BigInt(MAX_SECONDS + 1), BigInt(MAX_SECONDS)],
    );
    await claimSeconds(MAX_SECONDS, 4 * DAY);
  });

  it("a tenth of the time that the lease ran is rounded down", async () => {
    const { claimSeconds, slasher } = await setup();
    await assertions.revertWithCustomErrorWithArgs(
      claimSeconds(3_601, 36_009),
      slasher,
      "Slasher_ClaimTooLong",
      [3_601n, 3_600n],
    );
    await claimSeconds(3_600, 36_009);
  });

  it("one second that costs one wei is claimed", async () => {
    const { claimSeconds, claim } = await setup();
    const made = await claim(claimSeconds(1, DAY, 10n ** 12n));
    expect(made.claim).to.deep.include({ duration: 1, value: 1n, toNode: 0n });
  });

  it("the stake is held until the second after the claim's time", async () => {
    const { claimDowntime, subnets } = await setup();
    const { claim } = await claimDowntime();
    expect((await subnets.read.stakeOf([1])).lockedUntil).to.equal(claim.voidableUntil + 1);
  });

  it("a tenth of the claimed time that a receipt must cover is rounded up", async () => {
    const { claimSeconds, slasher, claim, signService, tenant } = await setup();
    const made = (await claim(claimSeconds(10_011, 4 * DAY))).claim;
    const voided = async (covered: number) => {
      const [from, until] = [made.fromAt, made.fromAt + covered];
      const signature = await signService({ from, until }, tenant);
      return await slasher.write.voidClaim([made, from, until, signature]);
    };
    await assertions.revertWithCustomErrorWithArgs(voided(1_001), slasher, "Slasher_EvidenceTooShort", [
      1_001n,
      1_002n,
    ]);
    await voided(1_002);
  });

  it("no signature is no witness, not even the first subnet's gateway", async () => {
    const { slasher, claim, setLease, market, now, otherGateway } = await setup();
    await setLease(1n, { subnetId: 2, settledAt: (await now()) - DAY + 1_000 });
    await market.write.setHeld([1n, DAY, BigInt(DAY) * WEI_PER_SECOND]);
    const from = (await now()) - 100;
    const { account } = otherGateway;
    const made = (await claim(slasher.write.claimDowntime([1n, from, 100], { account }))).claim;
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.voidClaim([made, from, from + 100, NO_SIGNATURE]),
      slasher,
      "Slasher_BadWitness",
      [zeroAddress],
    );
  });

  it("a claim is released, and told so, from the second after the last report against the gateway", async () => {
    const { slasher, claimDowntime, verdict, file, at } = await setup();
    const { claim, claimId } = await claimDowntime();
    const { report } = await file(slasher.write.reportVerdict([await verdict(FAULT.omission)]));
    await at(report.lapsesAt);
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.releaseClaim([claim]),
      slasher,
      "Slasher_ReportsRunning",
      [1, BigInt(report.lapsesAt)],
    );
    await at(report.lapsesAt + 1);
    await assertions.emitWithArgs(slasher.write.releaseClaim([claim]), slasher, "ClaimReleased", [claimId]);
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deploySlasher);
    const { market, setLease, slasher, gateway, now } = fixture;
    /** Downtime of the last `duration` seconds in lease 1, of which earnings of `held` seconds are held back. */
    const claimSeconds = async (
      duration: number,
      held: number,
      ratePerSecond = WEI_PER_SECOND * 10n ** 12n,
    ) => {
      await market.write.setHeld([1n, held, BigInt(held) * WEI_PER_SECOND]);
      await setLease(1n, { settledAt: (await now()) - DAY + 1_000, ratePerSecond });
      const from = (await now()) - duration;
      return await slasher.write.claimDowntime([1n, from, duration], { account: gateway.account });
    };
    return { ...fixture, claimSeconds };
  }
});
