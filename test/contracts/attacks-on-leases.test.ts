import { expect } from "chai";
import { network } from "hardhat";
import {
  changesOf,
  deployMarket,
  ETHER,
  LEASE_RESOURCES,
  only,
  OPEN_PART,
  RATE,
  REASON,
  resources,
  SEALED_PART,
  STAKE,
  subnetSettings,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const LOCKED = 1_000_000n;

/** One test per known way in which markets of this kind were robbed or blocked. */
describe("attacks on leases", () => {
  it("payer bypasses escrow through an accomplice's subnet: a node earns only where it opted in", async () => {
    const { market, subnets, tenant, makeQuote, signQuote, terms } = await setup();
    await subnets.write.registerSubnet([{ ...subnetSettings(tenant.account.address), cutBps: 2_000 }], {
      account: tenant.account,
      value: STAKE,
    });
    const quote = await makeQuote({ subnetId: 2, subnetCutBps: 2_000 });
    await assertions.revertWithCustomErrorWithArgs(
      market.write.open([quote, await signQuote(quote), terms(1_000)], { account: tenant.account }),
      market,
      "LeaseMarket_NotInSubnet",
      [1n, 2],
    );
  });

  it("cut raised under a running lease: the lease keeps the cut that the node signed", async () => {
    const { market, subnets, gateway, tenant, startLease, at, ledger } = await setup();
    await subnets.write.setCut([1, 2_000], { account: gateway.account });
    await networkHelpers.time.increase(4 * 86_400 - 50);
    const { lid, startedAt } = await startLease();
    const before = await ledger();
    await at(startedAt + 100);
    await market.write.close([lid, REASON.tenant], { account: tenant.account });
    expect(changesOf(before, await ledger()).subnet).to.equal(10_000n);
  });

  it("anyone collects another's earnings: settle is open to all, its destinations are fixed", async () => {
    const { market, stranger, startLease, ledger } = await setup();
    const { lid } = await startLease();
    await networkHelpers.time.increase(100);
    const before = await ledger();
    await market.write.settle([lid], { account: stranger.account });
    const changes = changesOf(before, await ledger());
    expect(changes.stranger).to.equal(0n);
    expect(changes.node > 0n).to.equal(true);
  });

  it("quote replay: once used it opens nothing, for nobody", async () => {
    const { market, tenant, stranger, makeQuote, signQuote, terms } = await setup();
    const quote = await makeQuote();
    const signature = await signQuote(quote);
    await market.write.open([quote, signature, terms(1_000)], { account: tenant.account });
    await assertions.revertWithCustomError(
      market.write.open([quote, signature, terms(1_000)], { account: stranger.account, value: ETHER }),
      market,
      "LeaseMarket_QuoteUsed",
    );
  });

  it("update replay: an old version cannot come back", async () => {
    const { market, tenant, operator, startLease, now } = await setup();
    const { lid } = await startLease({ prepaidSeconds: 50_000 });
    const update = {
      openPartHash: OPEN_PART,
      sealedPartHash: SEALED_PART,
      currentSealedPartHash: SEALED_PART,
      version: 2,
      expiresAt: (await now()) + 3_600,
    };
    await market.write.requestUpdate([lid, update], { account: tenant.account });
    const { manifestHash } = await market.read.pendingUpdateOf([lid]);
    await market.write.confirmUpdate([lid, 2, manifestHash], { account: operator.account });
    await assertions.revertWithCustomErrorWithArgs(
      market.write.requestUpdate([lid, update], { account: tenant.account }),
      market,
      "LeaseMarket_WrongVersion",
      [lid, 3, 2],
    );
    await assertions.revertWithCustomError(
      market.write.confirmUpdate([lid, 2, manifestHash], { account: operator.account }),
      market,
      "LeaseMarket_NoUpdatePending",
    );
  });

  it("id squatting: a node that means another lease under the same number cannot start it", async () => {
    const { market, tenant, operator, stranger, makeQuote, signQuote, terms } = await setup();
    const snapshot = await networkHelpers.takeSnapshot();
    const [mine, theirs] = [await makeQuote(), await makeQuote()];
    const signatures = [await signQuote(mine), await signQuote(theirs)] as const;
    await market.write.open([mine, signatures[0], terms(1_000)], { account: tenant.account });
    const meant = (await market.read.leaseOf([1n])).leaseHash;

    // A reorg puts somebody else's lease on the number.
    await snapshot.restore();
    await market.write.open([theirs, signatures[1], terms(1_000)], {
      account: stranger.account,
      value: ETHER,
    });
    const { leaseHash } = await market.read.leaseOf([1n]);
    await assertions.revertWithCustomErrorWithArgs(
      market.write.confirmStart([1n, meant], { account: operator.account }),
      market,
      "LeaseMarket_WrongLeaseHash",
      [1n, leaseHash, meant],
    );
    await assertions.revertWithCustomError(
      market.write.decline([1n, meant, REASON.node], { account: operator.account }),
      market,
      "LeaseMarket_WrongLeaseHash",
    );
  });

  it("price-change timing: the time before the update costs the old price, whoever waits", async () => {
    const { market, tenant, operator, makeQuote, signQuote, startLease, at, now, ledger } = await setup();
    const { lid, startedAt } = await startLease({ prepaidSeconds: 50_000 });
    const before = await ledger();
    const quote = await makeQuote({ ratePerSecond: 10n * RATE });
    const update = {
      openPartHash: OPEN_PART,
      sealedPartHash: SEALED_PART,
      currentSealedPartHash: SEALED_PART,
      version: 2,
      expiresAt: (await now()) + 3_600,
    };
    await market.write.requestUpdateWithQuote([lid, update, quote, await signQuote(quote)], {
      account: tenant.account,
    });
    await at(startedAt + 3_000);
    const { manifestHash } = await market.read.pendingUpdateOf([lid]);
    await market.write.confirmUpdate([lid, 2, manifestHash], { account: operator.account });
    expect(changesOf(before, await ledger()).locked).to.equal(-3_000_000n);
  });

  it("agreement not payable after the end: a close always pays up to now first", async () => {
    const { market, tenant, startLease, at, ledger } = await setup();
    const { lid, startedAt } = await startLease();
    const before = await ledger();
    await at(startedAt + 999);
    await market.write.close([lid, REASON.tenant], { account: tenant.account });
    expect(changesOf(before, await ledger())).to.deep.equal(
      only({ tenant: 1_000n, locked: -LOCKED, node: 849_150n, subnet: 99_900n, treasury: 49_950n }),
    );
  });

  it("rounding drain: settling every second takes nothing from anybody", async () => {
    const { market, stranger, tenant, startLease, at, ledger } = await setup();
    // 0.38 units a second, as a token of 6 decimals at one dollar a month.
    const quote = { ratePerSecond: 38n * 10n ** 10n };
    const often = await startLease({ quote });
    const before = await ledger();
    for (let second = 1; second < 200; second++) {
      await at(often.startedAt + second);
      await market.write.settle([often.lid], { account: stranger.account });
    }
    await at(often.startedAt + 200);
    await market.write.close([often.lid, REASON.tenant], { account: tenant.account });
    const middle = await ledger();
    const once = await startLease({ quote });
    const locked = await ledger();
    await at(once.startedAt + 200);
    await market.write.close([once.lid, REASON.tenant], { account: tenant.account });
    const byOften = changesOf(before, middle);
    const byOnce = changesOf(locked, await ledger());
    expect([byOften.node, byOften.subnet, byOften.treasury]).to.deep.equal([66n, 7n, 3n]);
    expect(byOnce).to.deep.equal(byOften);
  });

  it("unbounded delay bricks a party: every window that a quote sets has a maximum", async () => {
    const { market } = await setup();
    expect(await market.read.MAX_START_WINDOW_SECONDS()).to.equal(86_400);
    expect(await market.read.MAX_NOTICE_SECONDS()).to.equal(30 * 86_400);
    expect(await market.read.MAX_RESERVATION_SECONDS()).to.equal(600);
  });

  it("non-delivery: a node that holds the manifest and does not start gets nothing but a strike", async () => {
    const { market, tenant, operator, openLease, signReceipt, at, ledger } = await setup();
    const before = await ledger();
    const lid = await openLease();
    const receipt = await signReceipt(lid);
    const { deadline, leaseHash } = await market.read.leaseOf([lid]);
    await at(deadline + 1);
    // It cannot dodge the strike by declining late, or by expiring the lease itself.
    await assertions.revertWithCustomError(
      market.write.decline([lid, leaseHash, REASON.node], { account: operator.account }),
      market,
      "LeaseMarket_StartDeadlinePassed",
    );
    await assertions.revertWithCustomError(
      market.write.expire([lid, "0x"], { account: operator.account }),
      market,
      "LeaseMarket_TenantFirst",
    );
    await market.write.expire([lid, receipt], { account: tenant.account });
    expect(changesOf(before, await ledger())).to.deep.equal(only({}));
    expect(await market.read.strikesOf([1n])).to.equal(1);
  });

  it("payer griefing: a tenant that never sends the manifest pays the reservation", async () => {
    const { market, stranger, openLease, at, ledger } = await setup();
    const before = await ledger();
    const lid = await openLease();
    const { deadline } = await market.read.leaseOf([lid]);
    await at(deadline + 601);
    await market.write.expire([lid, "0x"], { account: stranger.account });
    expect(changesOf(before, await ledger())).to.deep.equal(
      only({ tenant: -120_000n, node: 102_000n, subnet: 12_000n, treasury: 6_000n }),
    );
    expect(await market.read.usedOf([1n])).to.equal(0n);
  });

  it("capacity freeze by a stale update: an expired one holds nothing that anybody cannot free", async () => {
    const { market, tenant, stranger, makeQuote, signQuote, startLease, openLease, now, at } = await setup();
    const { lid } = await startLease({ prepaidSeconds: 50_000 });
    const quote = await makeQuote({ resources: resources({ milliCpu: 8_000, memoryMiB: 16_384 }) });
    const expiresAt = (await now()) + 100;
    const update = {
      openPartHash: OPEN_PART,
      sealedPartHash: SEALED_PART,
      currentSealedPartHash: SEALED_PART,
      version: 2,
      expiresAt,
    };
    await market.write.requestUpdateWithQuote([lid, update, quote, await signQuote(quote)], {
      account: tenant.account,
    });
    await assertions.revertWithCustomError(openLease(), market, "LeaseMarket_NodeFull");
    await at(expiresAt + 1);
    await market.write.settle([lid], { account: stranger.account });
    await openLease();
    expect(await market.read.usedOf([1n])).to.equal(2n * LEASE_RESOURCES);
  });

  it("third party resets what is mine: topping up a stranger's lease changes nothing but its balance", async () => {
    const { market, stranger, operator, startLease } = await setup();
    const { lid } = await startLease();
    await market.write.giveNotice([lid, REASON.node], { account: operator.account });
    const before = await market.read.leaseOf([lid]);
    await market.write.topUp([lid, 1n], { account: stranger.account, value: 1n });
    const after = await market.read.leaseOf([lid]);
    expect([after.state, after.deadline, after.tenant]).to.deep.equal([
      before.state,
      before.deadline,
      before.tenant,
    ]);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployMarket);
  }
});
