import { expect } from "chai";
import { network } from "hardhat";
import { type Address, encodeAbiParameters, type Hex, keccak256, toHex } from "viem";
import {
  addressOf,
  changesOf,
  deployMarket,
  LEASE_RESOURCES,
  NODE_RESOURCES,
  only,
  OPEN_PART,
  RATE,
  REASON,
  resources,
  SEALED_PART,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const STATE = { open: 1, active: 2, reclaiming: 3, closed: 4 };
const PREPAID = 10_000;
const NEW_SEALED = keccak256(toHex("new sealed part"));
const NEW_OPEN = keccak256(toHex("new open part"));
const MAX_WINDOW = 86_400;
const LEASES_SLOT = 0xan;
/** More CPU, less memory: the larger of both is in neither. */
const OTHER = resources({ milliCpu: 4_000, memoryMiB: 1_024, storageGiB: 20 });
const LARGER = resources({ milliCpu: 4_000, memoryMiB: 4_096, storageGiB: 20 });

const manifestHashOf = (open: Hex, sealed: Hex): Hex =>
  keccak256(encodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], [open, sealed]));

describe("LeaseMarket: asking for an update", () => {
  describe("requestUpdate", () => {
    it("asks for a new sealed part at the same price, and settles first", async () => {
      const { market, tenant, lid, startedAt, updateOf, at, ledger } = await setup();
      const before = await ledger();
      const update = await updateOf();
      await at(startedAt + 100);
      const requested = market.write.requestUpdate([lid, update], { account: tenant.account });
      const manifestHash = manifestHashOf(OPEN_PART, NEW_SEALED);
      await assertions.emitWithArgs(requested, market, "UpdateRequested", [
        lid,
        1n,
        2,
        manifestHash,
        RATE,
        LEASE_RESOURCES,
        update.expiresAt,
      ]);
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({ locked: -100_000n, node: 85_000n, subnet: 10_000n, treasury: 5_000n }),
      );
      expect(await market.read.pendingUpdateOf([lid])).to.deep.equal({
        manifestHash,
        resources: LEASE_RESOURCES,
        ratePerSecond: RATE,
        version: 2,
        expiresAt: update.expiresAt,
      });
      expect((await market.read.leaseOf([lid])).version).to.equal(1);
      expect(await market.read.usedOf([1n])).to.equal(LEASE_RESOURCES);
    });

    it("is refused when the open part is another, or the running sealed part is not known", async () => {
      const { market, request, lid } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        request({ openPartHash: NEW_OPEN }),
        market,
        "LeaseMarket_OpenPartChanged",
        [lid],
      );
      await assertions.revertWithCustomError(
        request({ currentSealedPartHash: NEW_SEALED }),
        market,
        "LeaseMarket_OpenPartChanged",
      );
    });

    it("refuses one more than a lease can count", async () => {
      const { market, request, lid } = await setup();
      await setVersion(market.address, lid, 65_534);
      await request({ version: 65_535 });
      await setVersion(market.address, lid, 65_535);
      await assertions.revertWithCustomErrorWithArgs(
        request({ version: 0 }),
        market,
        "LeaseMarket_TooManyUpdates",
        [lid, 65_535],
      );
    });

    for (const version of [0, 1, 3]) {
      it(`refuses version ${version} after version 1`, async () => {
        const { market, request, lid } = await setup();
        await assertions.revertWithCustomErrorWithArgs(
          request({ version }),
          market,
          "LeaseMarket_WrongVersion",
          [lid, 2, version],
        );
      });
    }

    it("is refused while another update waits, and possible once that has expired", async () => {
      const { market, request, lid, updateOf, tenant, at } = await setup();
      const first = await updateOf();
      await market.write.requestUpdate([lid, first], { account: tenant.account });
      await assertions.revertWithCustomErrorWithArgs(request(), market, "LeaseMarket_UpdatePending", [
        lid,
        2,
      ]);
      const second = { ...first, expiresAt: first.expiresAt + 600 };
      await at(first.expiresAt + 1);
      const requested = market.write.requestUpdate([lid, second], { account: tenant.account });
      await assertions.emitWithArgs(requested, market, "UpdateDropped", [lid, 1n, 2, REASON.updateExpired]);
      expect((await market.read.pendingUpdateOf([lid])).expiresAt).to.equal(second.expiresAt);
    });

    it("is refused with a window that is over, or too long", async () => {
      const { market, request, lid, startedAt, at } = await setup();
      await at(startedAt + 10);
      await assertions.revertWithCustomErrorWithArgs(
        request({ expiresAt: startedAt + 10 }),
        market,
        "LeaseMarket_UpdateExpired",
        [lid, BigInt(startedAt + 10)],
      );
      await at(startedAt + 20);
      const limit = startedAt + 20 + MAX_WINDOW;
      await assertions.revertWithCustomErrorWithArgs(
        request({ expiresAt: limit + 1 }),
        market,
        "LeaseMarket_UpdateWindowTooLong",
        [BigInt(limit + 1), BigInt(limit)],
      );
    });

    it("is refused to others, before the start, during a reclaim, when exhausted, and for no lease", async () => {
      const { market, tenant, operator, stranger, lid, startedAt, updateOf, openLease, at } = await setup();
      const update = await updateOf();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.requestUpdate([lid, update], { account: stranger.account }),
        market,
        "LeaseMarket_NotTenant",
        [lid, addressOf(stranger)],
      );
      await assertions.revertWithCustomErrorWithArgs(
        market.write.requestUpdate([await openLease(), update], { account: tenant.account }),
        market,
        "LeaseMarket_WrongState",
        [2n, STATE.open],
      );
      await assertions.revertWithCustomError(
        market.write.requestUpdate([99n, update], { account: tenant.account }),
        market,
        "LeaseMarket_LeaseNotFound",
      );
      await at(startedAt + PREPAID);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.requestUpdate([lid, update], { account: tenant.account }),
        market,
        "LeaseMarket_Exhausted",
        [lid, BigInt(startedAt + PREPAID)],
      );
      await market.write.giveNotice([lid, REASON.node], { account: operator.account });
      await assertions.revertWithCustomErrorWithArgs(
        market.write.requestUpdate([lid, update], { account: tenant.account }),
        market,
        "LeaseMarket_WrongState",
        [lid, STATE.reclaiming],
      );
    });
  });

  describe("requestUpdateWithQuote", () => {
    it("reserves the larger of old and new, and changes no price yet", async () => {
      const { market, lid, requestWithQuote } = await setup();
      await requestWithQuote({ resources: OTHER, ratePerSecond: 2n * RATE });
      expect(await market.read.usedOf([1n])).to.equal(LARGER);
      const lease = await market.read.leaseOf([lid]);
      expect([lease.ratePerSecond, lease.resources, lease.version]).to.deep.equal([RATE, LEASE_RESOURCES, 1]);
      const pending = await market.read.pendingUpdateOf([lid]);
      expect([pending.ratePerSecond, pending.resources, pending.version]).to.deep.equal([
        2n * RATE,
        OTHER,
        2,
      ]);
    });

    it("spends the quote", async () => {
      const { market, tenant, operator, lid, updateOf, makeQuote, signQuote } = await setup();
      const quote = await makeQuote({ openPartHash: NEW_OPEN });
      const update = await updateOf({ openPartHash: NEW_OPEN });
      const request = async (version: number) =>
        await market.write.requestUpdateWithQuote(
          [lid, { ...update, version }, quote, await signQuote(quote)],
          {
            account: tenant.account,
          },
        );
      await request(2);
      await market.write.confirmUpdate([lid, 2, manifestHashOf(NEW_OPEN, NEW_SEALED)], {
        account: operator.account,
      });
      await assertions.revertWithCustomErrorWithArgs(request(3), market, "LeaseMarket_QuoteUsed", [
        1n,
        quote.nonce,
      ]);
    });

    it("is refused beyond what the node has", async () => {
      const { market, requestWithQuote } = await setup();
      const tooLarge = resources({ milliCpu: 8_001, memoryMiB: 1_024 });
      await assertions.revertWithCustomErrorWithArgs(
        requestWithQuote({ resources: tooLarge }),
        market,
        "LeaseMarket_NodeFull",
        [1n, LEASE_RESOURCES, resources({ milliCpu: 6_001, memoryMiB: 0 }), NODE_RESOURCES],
      );
    });

    it("is refused with a quote for another lease: node, subnet, token, cuts, open part", async () => {
      const { market, lid, requestWithQuote } = await setup();
      for (const [field, value] of [
        ["nodeId", 2n],
        ["subnetId", 2],
        ["token", "0x00000000000000000000000000000000000000aa"],
        ["subnetCutBps", 999],
        ["protocolCutBps", 499],
        ["openPartHash", OPEN_PART],
      ] as const) {
        await assertions.revertWithCustomErrorWithArgs(
          requestWithQuote({ [field]: value }),
          market,
          "LeaseMarket_QuoteNotForLease",
          [lid, field],
        );
      }
    });

    it("is refused when the balance lasts less than the node wants in advance", async () => {
      const { market, requestWithQuote, startedAt, at } = await setup();
      await at(startedAt + 8_000);
      await assertions.revertWithCustomErrorWithArgs(
        requestWithQuote(
          { ratePerSecond: 4n * RATE, minSeconds: 501, expiresAt: startedAt + 9_000 },
          { expiresAt: startedAt + 9_000 },
        ),
        market,
        "LeaseMarket_PrepaidOutOfRange",
        [500, 501, 30 * 86_400],
      );
    });

    it("is refused with a bad signature, to others, and with another GPU", async () => {
      const { market, lid, stranger, tenant, updateOf, makeQuote, signQuote, requestWithQuote } =
        await setup();
      const quote = await makeQuote({ openPartHash: NEW_OPEN });
      const update = await updateOf({ openPartHash: NEW_OPEN });
      await assertions.revertWithCustomError(
        market.write.requestUpdateWithQuote([lid, update, quote, await signQuote(quote, stranger)], {
          account: tenant.account,
        }),
        market,
        "LeaseMarket_BadQuoteSignature",
      );
      await assertions.revertWithCustomError(
        market.write.requestUpdateWithQuote([lid, update, quote, await signQuote(quote)], {
          account: stranger.account,
        }),
        market,
        "LeaseMarket_NotTenant",
      );
      await assertions.revertWithCustomError(
        requestWithQuote({ resources: resources({ milliCpu: 1, memoryMiB: 1, gpuUnits: 1, gpuModel: 8 }) }),
        market,
        "LeaseMarket_GpuModelMismatch",
      );
    });
  });

  /** As if the lease had been updated so often. See test/contracts/storage-layout.json and LeaseStreams.pack. */
  async function setVersion(market: Address, lid: bigint, version: number): Promise<void> {
    const at = keccak256(encodeAbiParameters([{ type: "uint256" }, { type: "uint256" }], [lid, LEASES_SLOT]));
    const slot = BigInt(at) + 1n;
    const client = await viem.getPublicClient();
    const word = BigInt((await client.getStorageAt({ address: market, slot: toHex(slot) })) ?? 0);
    const changed = (word & ~(0xffffn << 200n)) | (BigInt(version) << 200n);
    await networkHelpers.setStorageAt(market, slot, changed);
  }

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { market, tenant, now, makeQuote, signQuote, startLease } = fixture;
    const { lid, startedAt } = await startLease({ prepaidSeconds: PREPAID });
    const updateOf = async (changes = {}) => ({
      openPartHash: OPEN_PART,
      sealedPartHash: NEW_SEALED,
      currentSealedPartHash: SEALED_PART,
      version: 2,
      expiresAt: (await now()) + 3_600,
      ...changes,
    });
    const request = async (changes: Partial<Awaited<ReturnType<typeof updateOf>>> = {}) =>
      await market.write.requestUpdate([lid, await updateOf(changes)], { account: tenant.account });
    const requestWithQuote = async (quoted: Parameters<typeof makeQuote>[0], changes = {}) => {
      const quote = await makeQuote({ openPartHash: NEW_OPEN, ...quoted });
      const update = await updateOf({ openPartHash: NEW_OPEN, ...changes });
      return await market.write.requestUpdateWithQuote([lid, update, quote, await signQuote(quote)], {
        account: tenant.account,
      });
    };
    return { ...fixture, lid, startedAt, updateOf, request, requestWithQuote };
  }
});
