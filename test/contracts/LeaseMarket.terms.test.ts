import { expect } from "chai";
import { network } from "hardhat";
import { keccak256, parseSignature, toHex } from "viem";
import {
  addressOf,
  deployMarket,
  NATIVE,
  RATE,
  resources,
  SEALED_PART,
} from "../support/contracts/market-fixture.ts";
import { deployRegistries, MODE } from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const DAY = 86_400;
const OPEN = keccak256(toHex("another open part"));
/** Of LeaseMarket._tokenList in test/contracts/storage-layout.json. */
const TOKEN_LIST_SLOT = 4;

describe("LeaseMarket: terms, to the last unit", () => {
  it("the longest prepaid time is taken", async () => {
    const { market, openLease } = await setup();
    const lid = await openLease({ quote: { maxSeconds: 1_000 }, prepaidSeconds: 1_000 });
    expect((await market.read.leaseOf([lid])).balance).to.equal(1_000_000n);
  });

  it("the last reason of either party is taken", async () => {
    const { market, tenant, operator, startLease } = await setup();
    const { lid } = await startLease();
    await assertions.emit(
      market.write.giveNotice([lid, 19_999], { account: operator.account }),
      market,
      "ReclaimNoticed",
    );
    const closed = market.write.close([lid, 9_999], { account: tenant.account });
    await assertions.emitWithArgs(closed, market, "LeaseClosed", [
      lid,
      1n,
      addressOf(tenant),
      9_999,
      (refunded: bigint) => refunded > 0n,
    ]);
  });

  it("the longest life of an update is taken", async () => {
    const { market, requestWithQuote, startLease, at } = await setup();
    const { lid, startedAt } = await startLease();
    const expiresAt = startedAt + 20 + DAY;
    await at(startedAt + 20);
    await requestWithQuote(lid, { expiresAt: startedAt + 100 }, { expiresAt });
    expect((await market.read.pendingUpdateOf([lid])).expiresAt).to.equal(expiresAt);
  });

  it("a new price needs a balance that lasts as long as the node wants, and no second longer", async () => {
    const { market, requestWithQuote, startLease, at } = await setup();
    const { lid, startedAt } = await startLease();
    for (const [minSeconds, isTaken] of [
      [501, false],
      [500, true],
    ] as const) {
      const time = startedAt + 500;
      const expiresAt = startedAt + 900;
      const snapshot = await networkHelpers.takeSnapshot();
      await at(time);
      const requested = requestWithQuote(lid, { minSeconds, expiresAt }, { expiresAt });
      if (isTaken) await assertions.emit(requested, market, "UpdateRequested");
      else
        await assertions.revertWithCustomErrorWithArgs(requested, market, "LeaseMarket_PrepaidOutOfRange", [
          500,
          501,
          30 * DAY,
        ]);
      await snapshot.restore();
    }
  });

  it("what is earned below one unit is not there for a new price", async () => {
    const { market, requestWithQuote, startLease, at } = await setup();
    // 1.5 wei a second, 1,500 wei: after a second one wei is earned, and half of one.
    const { lid, startedAt } = await startLease({
      quote: { ratePerSecond: 15n * 10n ** 11n },
      prepaidSeconds: 1_000,
    });
    const left = 14_985n * 10n ** 11n;
    for (const [ratePerSecond, lasts] of [
      [5n * 10n ** 11n, 2_997],
      [left, 1],
      [left + 1n, 0],
    ] as const) {
      const snapshot = await networkHelpers.takeSnapshot();
      const expiresAt = startedAt + 900;
      await at(startedAt + 1);
      await assertions.revertWithCustomErrorWithArgs(
        requestWithQuote(lid, { ratePerSecond, minSeconds: lasts + 1, expiresAt }, { expiresAt }),
        market,
        "LeaseMarket_PrepaidOutOfRange",
        [lasts, lasts + 1, 30 * DAY],
      );
      await snapshot.restore();
    }
  });

  it("at no price a balance lasts for ever", async () => {
    const { market, requestWithQuote, startLease } = await setup();
    const { lid } = await startLease();
    await requestWithQuote(lid, { ratePerSecond: 0n, minSeconds: 2 ** 32 - 1, maxSeconds: 2 ** 32 - 1 });
    expect((await market.read.pendingUpdateOf([lid])).ratePerSecond).to.equal(0n);
  });

  it("an update counts with the points of what it reserves, from its confirmation on", async () => {
    const { market, operator, requestWithQuote, startLease, at } = await setup();
    const { lid, startedAt } = await startLease({ prepaidSeconds: 2_000 });
    await requestWithQuote(lid, { resources: resources({ milliCpu: 4_000, memoryMiB: 4_096 }) });
    await at(startedAt + 200);
    const { manifestHash } = await market.read.pendingUpdateOf([lid]);
    await market.write.confirmUpdate([lid, 2, manifestHash], { account: operator.account });
    await at(startedAt + 300);
    await market.write.settle([lid]);
    const [, , pointSeconds] = await market.read.earningsOf([1n, 1, NATIVE]);
    // Threads of tier 3: 2.5 points each, in tenths; two of them, then four.
    expect(pointSeconds).to.equal(50n * 200n + 100n * 100n);
  });

  for (const [what, wanted] of Object.entries({
    CPU: { milliCpu: 2 ** 24, memoryMiB: 1 },
    memory: { milliCpu: 1, memoryMiB: 2 ** 24 },
    storage: { milliCpu: 1, memoryMiB: 1, storageGiB: 2 ** 24 },
    GPUs: { milliCpu: 1, memoryMiB: 1, gpuUnits: 256, gpuModel: 7 },
  }))
    it(`a lease of more ${what} than it can store is refused as such`, async () => {
      const { market, openLease } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        openLease({ quote: { resources: resources(wanted) } }),
        market,
        "LeaseMarket_ResourcesTooLarge",
        [resources(wanted)],
      );
    });

  it("a node with more GPUs than one lease can store rents out no more than that in one", async () => {
    const fixture = await networkHelpers.loadFixture(deployRegistries);
    const { market, nodes, provider, providerId, tenant, makeQuote, signQuote, terms } = fixture;
    const { account } = provider;
    const offer = resources({ milliCpu: 1_000, memoryMiB: 1_000, gpuUnits: 300, gpuModel: 7 });
    expect((await nodes.read.nodeOf([providerId])).mode).to.equal(MODE.provider);
    await nodes.write.setResources([providerId, offer], { account });
    await nodes.write.joinSubnet([providerId, 1, 2_000], { account });
    const open = async (gpuUnits: number) => {
      const wanted = resources({ milliCpu: 1, memoryMiB: 1, gpuUnits, gpuModel: 7 });
      const quote = await makeQuote({ nodeId: providerId, ratePerSecond: RATE, resources: wanted });
      const signature = await signQuote(quote, provider);
      return await market.write.open([quote, signature, terms(1_000)], { account: tenant.account });
    };
    await assertions.revertWithCustomError(open(256), market, "LeaseMarket_ResourcesTooLarge");
    await open(255);
    expect((await market.read.leaseOf([1n])).resources >> 96n).to.equal(255n | (7n << 16n));
  });

  it("coin that is not taken any more prolongs nothing, though a lease runs on it", async () => {
    const { market, owner, tenant, startLease } = await setup();
    const { lid } = await startLease();
    await market.write.setTokenAllowed([NATIVE, false], { account: owner.account });
    await assertions.revertWithCustomErrorWithArgs(
      market.write.topUp([lid, 1n], { account: tenant.account, value: 1n }),
      market,
      "LeaseMarket_TokenNotAllowed",
      [NATIVE],
    );
    await market.write.topUp([lid, 1n], { account: tenant.account });
  });

  it("as many tokens as a lease can name are taken, and no more", async () => {
    const { market, owner, stranger, tenant, treasury } = await setup();
    expect(await market.read.treasury()).to.equal(addressOf(treasury));
    await networkHelpers.setStorageAt(market.address, `0x${TOKEN_LIST_SLOT.toString(16)}`, 65_535);
    const allow = async (wallet: typeof owner) =>
      await market.write.setTokenAllowed([addressOf(wallet), true], { account: owner.account });
    await allow(stranger);
    expect(await market.read.tokenAt([65_535])).to.equal(addressOf(stranger));
    await assertions.revertWithCustomErrorWithArgs(allow(tenant), market, "LeaseMarket_TooManyTokens", [
      65_536n,
    ]);
  });

  it("a token's callback into a deposit with a permit is refused", async () => {
    const { market, owner, stranger } = await setup();
    const token = await viem.deployContract("HostileToken");
    const { account } = stranger;
    await market.write.setTokenAllowed([token.address, true], { account: owner.account });
    await token.write.mint([account.address, 100n]);
    await token.write.approve([market.address, 100n], { account });
    await token.write.setTarget([market.address]);
    const { r, s } = parseSignature(await stranger.signMessage({ account, message: "no permit" }));
    await assertions.revertWithCustomError(
      market.write.depositWithPermit([token.address, 100n, 2n ** 256n - 1n, 27, r, s], { account }),
      market,
      "ReentrancyGuardReentrantCall",
    );
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { market, tenant, now, makeQuote, signQuote } = fixture;
    /** Asks for the next version of a lease, with another open part. */
    const requestWithQuote = async (lid: bigint, quoted: Parameters<typeof makeQuote>[0], changes = {}) => {
      const quote = await makeQuote({ openPartHash: OPEN, ...quoted });
      const update = {
        openPartHash: OPEN,
        sealedPartHash: SEALED_PART,
        currentSealedPartHash: SEALED_PART,
        version: 2,
        expiresAt: (await now()) + 600,
        ...changes,
      };
      return await market.write.requestUpdateWithQuote([lid, update, quote, await signQuote(quote)], {
        account: tenant.account,
      });
    };
    return { ...fixture, requestWithQuote };
  }
});
