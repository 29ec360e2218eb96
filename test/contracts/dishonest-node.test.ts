import { expect } from "chai";
import { network } from "hardhat";
import { parseEther } from "viem";
import {
  BOND,
  DAY,
  DEPOSIT,
  deployProtocol,
  FAULT,
  type Gain,
  printGains,
  WEI_PER_SECOND,
} from "../support/contracts/protocol-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const HOUR = 3_600;
const MINUTE = 60;

describe("a dishonest node", () => {
  const gains: Gain[] = [];
  after(() => {
    printGains(gains);
  });

  it("that claims what it lacks loses rewards, then bond, and may not serve for a week", async () => {
    const { slasher, nodes, nodeOwner, stranger, decide, reward, rewards, file, settle, wealth } =
      await setup();
    await reward(parseEther("0.004"));
    const before = await wealth([nodeOwner]);
    const id = await decide(FAULT.falseCapacity, stranger.account.address);
    const { report } = await file(slasher.write.reportVerdict([id]));
    await settle(report);
    const lost = parseEther("0.004") - (await rewards.read.claimable([1n]));
    const gain = (await wealth([nodeOwner])) - before - lost;
    expect(gain).to.equal(-(BOND * 30n) / 100n);
    expect((await nodes.read.nodeOf([1n])).status).to.equal(6);
    await assertions.revertWithCustomError(
      nodes.write.reinstate([1n], { account: nodeOwner.account }),
      nodes,
      "NodeRegistry_SuspensionRunning",
    );
    record("claims capacity that it lacks", gain, 0n);
  });

  it("that takes the manifest and does not start gets nothing, and pays", async () => {
    const { slasher, market, nodeOwner, tenant, stranger, missStart, file, settle, wealth } = await setup();
    const before = await wealth([nodeOwner]);
    const lid = await missStart();
    expect(await market.read.isNoShow([lid])).to.equal(true);
    const { report } = await file(slasher.write.reportNoShow([lid], { account: stranger.account }));
    await settle(report);
    const gain = (await wealth([nodeOwner])) - before;
    expect(gain).to.equal(-parseEther("0.002"));
    expect(await slasher.read.balanceOf([tenant.account.address])).to.equal(
      report.harm < parseEther("0.0006") ? parseEther("0.0002") + report.harm : parseEther("0.0008"),
    );
    record("does not start with the manifest in hand", gain, 0n);
  });

  it("that does so three times is suspended", async () => {
    const { slasher, nodes, missStart, file, settle } = await setup();
    for (let time = 0; time < 3; time++) {
      const { report } = await file(slasher.write.reportNoShow([await missStart()]));
      await settle(report);
    }
    expect((await nodes.read.nodeOf([1n])).status).to.equal(6);
  });

  it("that confirms and abandons loses more than it was paid, when the tenant reports it", async () => {
    const { slasher, nodeOwner, tenant, runLease, file, settle, finish, wealth } = await setup();
    const before = await wealth([nodeOwner]);
    // It never serves. The tenant sees it after twenty minutes, reports, and closes.
    const lid = await runLease(20 * MINUTE);
    const { report } = await file(
      slasher.write.reportAbandonment([lid], { account: tenant.account, value: DEPOSIT }),
    );
    await finish(lid);
    await settle(report);
    const gain = (await wealth([nodeOwner])) - before;
    record("confirms, never serves, is reported after 20 minutes", gain, 0n);
  });

  it("that abandons and is not reported earns until the tenant closes: that is what a tenant risks", async () => {
    const { market, nodeOwner, runLease, finish, wealth } = await setup();
    const before = await wealth([nodeOwner]);
    const lid = await runLease(20 * MINUTE);
    const { settledAt } = await market.read.leaseOf([lid]);
    await finish(lid);
    const seconds = BigInt((await market.read.leaseOf([lid])).settledAt - settledAt);
    const gain = (await wealth([nodeOwner])) - before;
    expect(seconds <= 1_301n).to.equal(true);
    // 85.5 % of the price: less a tenth for the subnet, and a twentieth of all for the protocol.
    record(
      "confirms, never serves, tenant closes after 20 minutes",
      gain,
      (seconds * WEI_PER_SECOND * 85n) / 100n,
    );
  });

  it("that abandons a lease whose tenant waits loses all that is held back as well", async () => {
    const { slasher, market, nodeOwner, tenant, runLease, file, settle, finish, wealth } = await setup();
    const lid = await runLease(2 * HOUR);
    const { report } = await file(
      slasher.write.reportAbandonment([lid], { account: tenant.account, value: DEPOSIT }),
    );
    await settle(report);
    const held = await market.read.heldOf([lid]);
    expect(held[0] <= 2).to.equal(true);
    await finish(lid);
    expect((await wealth([nodeOwner])) > 0n).to.equal(true);
  });

  it("that answers through a gateway of its own gains nothing: the deposit goes back", async () => {
    const {
      slasher,
      nodeOwner,
      otherGateway,
      operator,
      tenant,
      runLease,
      file,
      joinOther,
      pulse,
      signPulse,
      wealth,
    } = await setup();
    await joinOther();
    const lid = await runLease(20 * MINUTE);
    const before = await wealth([nodeOwner, otherGateway]);
    const { report } = await file(
      slasher.write.reportAbandonment([lid], { account: tenant.account, value: DEPOSIT }),
    );
    const lie = await pulse(lid, { subnetId: 2 });
    await slasher.write.appeal([
      report,
      lie,
      await signPulse(lie, operator),
      await signPulse(lie, otherGateway),
      [],
    ]);
    const gain = (await wealth([nodeOwner, otherGateway])) - before;
    expect(await slasher.read.balanceOf([tenant.account.address])).to.equal(DEPOSIT);
    record("answers a report through a gateway of its own", gain, 0n);
  });

  it("that leaves before it is reported is reached all the same", async () => {
    const { slasher, nodes, nodeOwner, stranger, missStart, file, settle, wealth } = await setup();
    const before = await wealth([nodeOwner]);
    const lid = await missStart();
    const byOwner = { account: nodeOwner.account };
    await nodes.write.thawBond([1n, BOND], byOwner);
    await nodes.write.requestExit([1n], byOwner);
    await networkHelpers.time.increase(7 * DAY);
    await nodes.write.finishExit([1n], { account: stranger.account });
    const { report } = await file(slasher.write.reportNoShow([lid]));
    await settle(report);
    const gain = (await wealth([nodeOwner])) - before;
    record("thaws its bond and exits before it is reported", gain, 0n);
    expect(gain).to.equal(-parseEther("0.002"));
  });

  it("that has neither bond nor rewards owes the penalty to the rewards that it may get later", async () => {
    const { slasher, nodes, rewards, nodeOwner, missStart, file, settle, wealth } = await setup();
    await nodes.write.thawBond([1n, BOND], { account: nodeOwner.account });
    await networkHelpers.time.increase(22 * DAY);
    await nodes.write.withdrawBond([1n], { account: nodeOwner.account });
    const before = await wealth([nodeOwner]);
    const { report } = await file(slasher.write.reportNoShow([await missStart()]));
    await settle(report);
    expect((await rewards.read.creditOf([1n]))[1]).to.equal(parseEther("0.001"));
    record("does not start, with nothing at stake", (await wealth([nodeOwner])) - before, 0n);
  });

  it("that witnesses for itself through a second gateway gets back what an honest claim took, and no more", async () => {
    const world = await setup();
    const {
      slasher,
      market,
      nodeOwner,
      otherGateway,
      runLease,
      joinOther,
      claim,
      signService,
      finish,
      wealth,
    } = world;
    await joinOther();
    const lid = await runLease(HOUR);
    const snapshot = await networkHelpers.takeSnapshot();
    await finish(lid);
    const unclaimed = await wealth([nodeOwner, otherGateway]);
    await snapshot.restore();
    const { settledAt } = await market.read.leaseOf([lid]);
    const made = await claim(lid, settledAt + 30, 360);
    const span = { from: settledAt + 30, until: settledAt + 390 };
    await slasher.write.voidClaim([made, span.from, span.until, await signService(lid, span, otherGateway)]);
    await finish(lid);
    record(
      "lets its own second gateway deny an honest claim (over no claim at all)",
      (await wealth([nodeOwner, otherGateway])) - unclaimed,
      0n,
    );
  });

  function record(strategy: string, gain: bigint, bound: bigint): void {
    gains.push({ strategy, gain, bound });
    expect(gain <= bound, `${strategy}: ${gain} > ${bound}`).to.equal(true);
  }
  async function setup() {
    const world = await networkHelpers.loadFixture(deployProtocol);
    const { market, openLease, signReceipt, tenant } = world;
    /** The node signs for the manifest and lets the deadline pass; the tenant brings the receipt. */
    const missStart = async () => {
      const lid = await openLease({ quote: { ratePerSecond: WEI_PER_SECOND * 10n ** 12n } });
      const receipt = await signReceipt(lid);
      const { deadline } = await market.read.leaseOf([lid]);
      await networkHelpers.time.increaseTo(deadline + 1);
      await market.write.expire([lid, receipt], { account: tenant.account });
      return lid;
    };
    return { ...world, missStart };
  }
});
