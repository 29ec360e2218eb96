import { expect } from "chai";
import { network } from "hardhat";
import { parseEther } from "viem";
import {
  BOND,
  DEPOSIT,
  deployProtocol,
  type Gain,
  printGains,
  WEI_PER_SECOND,
} from "../support/contracts/protocol-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const HOUR = 3_600;
const RATE = WEI_PER_SECOND * 10n ** 12n;

describe("a dishonest tenant", () => {
  const gains: Gain[] = [];
  after(() => {
    printGains(gains);
  });

  it("that freezes a node by never sending the manifest pays the reservation", async () => {
    const { market, openLease, tenant, nodeOwner, stranger, wealth } = await setup();
    const before = await wealth([tenant]);
    const victim = await wealth([nodeOwner]);
    const lid = await openLease({ quote: { ratePerSecond: RATE } });
    const { deadline } = await market.read.leaseOf([lid]);
    await networkHelpers.time.increaseTo(deadline + 601);
    await market.write.expire([lid, "0x"], { account: stranger.account });
    expect(await market.read.usedOf([1n])).to.equal(0n);
    const gain = (await wealth([tenant])) - before;
    expect(gain).to.equal(-120n * WEI_PER_SECOND);
    expect((await wealth([nodeOwner])) > victim).to.equal(true);
    record("freezes a node: opens and sends no manifest", gain, 0n);
  });

  it("that leases from itself loses the cuts: rewards must stay below them", async () => {
    const { tenant, nodeOwner, runLease, finish, wealth } = await setup();
    const before = await wealth([tenant, nodeOwner]);
    const lid = await runLease(HOUR);
    await finish(lid);
    const gain = (await wealth([tenant, nodeOwner])) - before;
    // 3,700 s: a tenth for the subnet, a twentieth for the protocol.
    expect(-gain >= (3_600n * WEI_PER_SECOND * 15n) / 100n).to.equal(true);
    record("leases from itself (before rewards of less than the protocol's cut)", gain, 0n);
  });

  it("that runs the subnet too still loses the protocol's cut", async () => {
    const { tenant, nodeOwner, gateway, runLease, finish, wealth } = await setup();
    const before = await wealth([tenant, nodeOwner, gateway]);
    const lid = await runLease(HOUR);
    await finish(lid);
    const gain = (await wealth([tenant, nodeOwner, gateway])) - before;
    expect(-gain >= (3_600n * WEI_PER_SECOND * 5n) / 100n).to.equal(true);
    record("leases from itself through its own subnet", gain, 0n);
  });

  it("that closes in the last second pays for every second before", async () => {
    const { market, tenant, runLease, finish, wealth } = await setup();
    const before = await wealth([tenant]);
    const lid = await runLease(HOUR);
    const { settledAt } = await market.read.leaseOf([lid]);
    await finish(lid);
    const seconds = BigInt((await market.read.leaseOf([lid])).settledAt - settledAt);
    expect((await wealth([tenant])) - before).to.equal(-seconds * WEI_PER_SECOND);
    record("griefs the close (over the price of what was served)", 0n, 0n);
  });

  it("that reports a serving node loses its deposit", async () => {
    const { slasher, tenant, gateway, operator, runLease, file, pulse, signPulse, finish, wealth } =
      await setup();
    const lid = await runLease(HOUR);
    const snapshot = await networkHelpers.takeSnapshot();
    await finish(lid);
    const honest = await wealth([tenant]);
    await snapshot.restore();
    const seen = await pulse(lid);
    const { report } = await file(
      slasher.write.reportAbandonment([lid], { account: tenant.account, value: DEPOSIT }),
    );
    // It closes at once, so that the node cannot show a newer pulse: the last one before the report answers.
    await finish(lid);
    await slasher.write.appeal([
      report,
      seen,
      await signPulse(seen, operator),
      await signPulse(seen, gateway),
      [],
    ]);
    const gain = (await wealth([tenant])) - honest;
    expect(gain).to.equal(-DEPOSIT);
    record("reports a node that serves, and closes at once", gain, 0n);
  });

  it("that denies the service it signed for cannot take its receipt back", async () => {
    const { slasher, market, tenant, runLease, claim, signService } = await setup();
    const lid = await runLease(HOUR);
    const { settledAt } = await market.read.leaseOf([lid]);
    const span = { from: settledAt, until: settledAt + HOUR };
    const receipt = await signService(lid, span, tenant);
    const made = await claim(lid, settledAt + 30, 360);
    await slasher.write.voidClaim([made, span.from, span.until, receipt]);
    await assertions.revertWithCustomError(
      slasher.write.releaseClaim([made]),
      slasher,
      "Slasher_ClaimNotOpen",
    );
  });

  it("that takes its own bond out through a report of itself leaves at least half of it", async () => {
    const { slasher, tenant, nodeOwner, runLease, file, settle, finish, wealth } = await setup();
    const lid = await runLease(HOUR);
    const snapshot = await networkHelpers.takeSnapshot();
    await finish(lid);
    const honest = await wealth([tenant, nodeOwner]);
    await snapshot.restore();
    const { report } = await file(
      slasher.write.reportAbandonment([lid], { account: tenant.account, value: DEPOSIT }),
    );
    await finish(lid);
    await settle(report);
    const gain = (await wealth([tenant, nodeOwner])) - honest;
    expect(gain).to.equal((-(BOND / 10n) * 70n) / 100n);
    record("reports its own node, to have the bond without the thaw", gain, 0n);
  });

  it("that is its own node gains a claim's price at most from an honest gateway's claim", async () => {
    const { slasher, market, tenant, nodeOwner, runLease, claim, signService, finish, wealth } =
      await setup();
    const lid = await runLease(HOUR);
    const snapshot = await networkHelpers.takeSnapshot();
    await finish(lid);
    const honest = await wealth([tenant, nodeOwner]);
    await snapshot.restore();
    const { settledAt } = await market.read.leaseOf([lid]);
    const made = await claim(lid, settledAt + 30, 360);
    const span = { from: settledAt + 30, until: settledAt + 390 };
    await slasher.write.voidClaim([made, span.from, span.until, await signService(lid, span, tenant)]);
    await finish(lid);
    // The tenant keeps the price and the node is made whole: what a gateway risks with a claim for two who are one.
    record(
      "is tenant and node, and denies an honest claim (one hour held)",
      (await wealth([tenant, nodeOwner])) - honest,
      made.value,
    );
    expect(made.value <= parseEther("0.00036")).to.equal(true);
  });

  function record(strategy: string, gain: bigint, bound: bigint): void {
    gains.push({ strategy, gain, bound });
    expect(gain <= bound, `${strategy}: ${gain} > ${bound}`).to.equal(true);
  }
  async function setup() {
    return await networkHelpers.loadFixture(deployProtocol);
  }
});
