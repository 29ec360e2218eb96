import { expect } from "chai";
import { network } from "hardhat";
import { keccak256, parseEther, toHex } from "viem";
import { deployProtocol, FAULT, type Gain, printGains } from "../support/contracts/protocol-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const HOUR = 3_600;
/** A tenth of what is held back for an hour. */
const CLAIMED = 360;

/** Each plays the best strategy that we know of; gains are of all that belongs to it, without gas. */
describe("a dishonest gateway", () => {
  const gains: Gain[] = [];
  after(() => {
    printGains(gains);
  });

  it("that forges downtime of a node with receipts loses twice the price, and its cut", async () => {
    const { market, slasher, gateway, tenant, nodeOwner, runLease, claim, signService, finish, wealth } =
      await setup();
    const lid = await runLease(HOUR);
    const honest = await honestEnd(lid, [gateway]);
    const whole = await honestEnd(lid, [nodeOwner]);
    const { settledAt } = await market.read.leaseOf([lid]);
    const made = await claim(lid, settledAt + 30, CLAIMED);
    const span = { from: settledAt + 30, until: settledAt + 30 + CLAIMED };
    await slasher.write.voidClaim([made, span.from, span.until, await signService(lid, span, tenant)]);
    await finish(lid);
    record("forges downtime, the node has a receipt", (await wealth([gateway])) - honest, 0n);
    // The node has what it would have had.
    expect(await wealth([nodeOwner])).to.equal(whole);
  });

  it("that forges downtime with the tenant, of a node without a witness, takes a tenth of the price at most", async () => {
    const { market, slasher, gateway, tenant, runLease, claim, finish, pass, wealth } = await setup();
    const lid = await runLease(HOUR);
    const honest = await honestEnd(lid, [gateway, tenant]);
    const { settledAt } = await market.read.leaseOf([lid]);
    const made = await claim(lid, settledAt + 30, CLAIMED);
    await finish(lid);
    await pass(made.voidableUntil);
    await slasher.write.releaseClaim([made]);
    // 85 % of what is credited would have been the node's, 5 % the protocol's.
    record(
      "forges downtime with the tenant, no witness (one hour held)",
      (await wealth([gateway, tenant])) - honest,
      (made.value * 90n) / 100n + 1n,
    );
  });

  it("that forges downtime and signed a pulse in that time loses a share of its stake on top", async () => {
    const {
      market,
      slasher,
      gateway,
      tenant,
      stranger,
      runLease,
      claim,
      pulse,
      signPulse,
      file,
      settle,
      finish,
      wealth,
    } = await setup();
    const lid = await runLease(HOUR);
    const honest = await honestEnd(lid, [gateway, tenant]);
    const { settledAt } = await market.read.leaseOf([lid]);
    const made = await claim(lid, settledAt + 30, CLAIMED);
    const seen = await pulse(lid, { at: settledAt + 40 });
    const { report } = await file(
      slasher.write.reportDeniedService([made, seen, await signPulse(seen, gateway), []], {
        account: stranger.account,
      }),
    );
    await finish(lid);
    await settle(report);
    record(
      "forges downtime with the tenant, and had signed a pulse",
      (await wealth([gateway, tenant])) - honest,
      0n,
    );
  });

  it("that claims the same time again, or more than a tenth, is refused", async () => {
    const { market, slasher, gateway, runLease, claim } = await setup();
    const lid = await runLease(HOUR);
    const { settledAt } = await market.read.leaseOf([lid]);
    const more = async (duration: number) =>
      await slasher.write.claimDowntime([lid, settledAt + 30, duration], { account: gateway.account });
    await assertions.revertWithCustomError(more(CLAIMED + 20), slasher, "Slasher_ClaimTooLong");
    await claim(lid, settledAt + 30, CLAIMED);
    await assertions.revertWithCustomError(more(CLAIMED), slasher, "Slasher_DowntimeOutOfRange");
  });

  for (const [strategy, fault, penalty] of [
    ["omits a node that answered on chain", FAULT.omission, parseEther("0.01")],
    ["invents a node, or posts an inflated root", FAULT.falseRoot, parseEther("0.025")],
  ] as const) {
    it(`that ${strategy} loses stake when the rounds decided`, async () => {
      const { slasher, gateway, stranger, decide, file, settle, wealth } = await setup();
      const before = await wealth([gateway]);
      const id = await decide(fault, stranger.account.address);
      const { report } = await file(slasher.write.reportVerdict([id]));
      await settle(report);
      const gain = (await wealth([gateway])) - before;
      expect(gain).to.equal(-penalty);
      record(strategy, gain, 0n);
    });
  }

  it("that swaps the open part gets no lease: the quote binds what was priced", async () => {
    const { market, tenant, makeQuote, signQuote, terms } = await setup();
    const quote = await makeQuote();
    const signature = await signQuote(quote);
    const swapped = { ...quote, openPartHash: keccak256(toHex("another open part")) };
    await assertions.revertWithCustomError(
      market.write.open([swapped, signature, terms(1_000)], { account: tenant.account }),
      market,
      "LeaseMarket_BadQuoteSignature",
    );
    record("swaps the open part of a manifest", 0n, 0n);
  });

  it("that shields its own abandoning node from a report gains a fifth of the deposit", async () => {
    const {
      slasher,
      gateway,
      operator,
      nodeOwner,
      tenant,
      runLease,
      pulse,
      signPulse,
      file,
      finish,
      wealth,
    } = await setup();
    const lid = await runLease(HOUR);
    const honest = await honestEnd(lid, [gateway, nodeOwner]);
    const deposit = (await slasher.read.currentRules()).deposit;
    const { report } = await file(
      slasher.write.reportAbandonment([lid], { account: tenant.account, value: deposit }),
    );
    const lie = await pulse(lid);
    await slasher.write.appeal([
      report,
      lie,
      await signPulse(lie, operator),
      await signPulse(lie, gateway),
      [],
    ]);
    await finish(lid);
    const gain = (await wealth([gateway, nodeOwner])) - honest;
    record("signs a false pulse for its own abandoning node", gain, deposit / 5n);
  });

  it("that frames a node with the tenant gains shares of the penalty, unless the node has a second gateway", async () => {
    const { slasher, gateway, tenant, nodeOwner, runLease, file, settle, finish, wealth } = await setup();
    const lid = await runLease(HOUR);
    const honest = await honestEnd(lid, [gateway, tenant]);
    const victim = await wealth([nodeOwner]);
    const { report } = await file(
      slasher.write.reportAbandonment([lid], { account: tenant.account, value: parseEther("0.01") }),
    );
    await finish(lid);
    await settle(report);
    // Three tenths of the penalty to the harmed, at most the price of a day; a tenth of the bond is the penalty.
    const gain = (await wealth([gateway, tenant])) - honest;
    record("refuses pulses and frames a node with the tenant", gain, (report.amount * 30n) / 100n);
    expect(victim - (await wealth([nodeOwner])) <= report.amount).to.equal(true);
  });

  it("... and nothing, if it has one", async () => {
    const {
      slasher,
      otherGateway,
      operator,
      tenant,
      runLease,
      file,
      pulse,
      signPulse,
      joinOther,
      wealth,
      nodeOwner,
    } = await setup();
    const lid = await runLease(HOUR);
    const { report } = await file(
      slasher.write.reportAbandonment([lid], { account: tenant.account, value: parseEther("0.01") }),
    );
    const before = await wealth([nodeOwner]);
    await joinOther();
    const answer = await pulse(lid, { subnetId: 2 });
    await slasher.write.appeal([
      report,
      answer,
      await signPulse(answer, operator),
      await signPulse(answer, otherGateway),
      [],
    ]);
    expect(await wealth([nodeOwner])).to.equal(before);
  });

  /** What these parties have if the lease ends and nobody lies; the chain is then as before. */
  async function honestEnd(lid: bigint, parties: readonly Party[]): Promise<bigint> {
    const snapshot = await networkHelpers.takeSnapshot();
    await world.finish(lid);
    const sum = await world.wealth(parties);
    await snapshot.restore();
    return sum;
  }

  type Party = Awaited<ReturnType<typeof deployProtocol>>["gateway"];
  function record(strategy: string, gain: bigint, bound: bigint): void {
    gains.push({ strategy, gain, bound });
    expect(gain <= bound, `${strategy}: ${gain} > ${bound}`).to.equal(true);
  }
  let world: Awaited<ReturnType<typeof deployProtocol>>;
  async function setup() {
    world = await networkHelpers.loadFixture(deployProtocol);
    return world;
  }
});
