import { expect } from "chai";
import { network } from "hardhat";
import { encodeAbiParameters, type Hex, keccak256 } from "viem";
import { leaseHash, quoteHash } from "@fizz/protocol/typed-data";
import {
  addressOf,
  changesOf,
  deployMarket,
  ETHER,
  FEE,
  LEASE_RESOURCES,
  NATIVE,
  NODE_RESOURCES,
  only,
  OPEN_PART,
  PROTOCOL_CUT_BPS,
  RATE,
  registration,
  resources,
  SALT,
  SEALED_PART,
  SUBNET_CUT_BPS,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("LeaseMarket.open", () => {
  describe("when the quote holds", () => {
    it("stores the lease, locks the money and reserves the resources", async () => {
      const { market, tenant, makeQuote, open, ledger, chainId, now } = await setup();
      const before = await ledger();
      const quote = await makeQuote();
      const hash = await open(quote, { prepaidSeconds: 1_000 });

      const manifestHash = keccak256(
        encodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], [OPEN_PART, SEALED_PART]),
      );
      const expectedHash = leaseHash({
        chainId,
        market: market.address,
        tenant: addressOf(tenant),
        quote,
        manifestHash,
        salt: SALT,
      });
      const openedAt = await now();
      expect(await market.read.leaseOf([1n])).to.deep.equal({
        tenant: addressOf(tenant),
        nodeId: 1n,
        subnetId: 1,
        token: NATIVE,
        ratePerSecond: RATE,
        balance: 1_000_000n,
        settledAt: openedAt,
        deadline: openedAt + 600,
        state: 1,
        version: 1,
        resources: LEASE_RESOURCES,
        scaledRemainder: 0,
        subnetCutBps: SUBNET_CUT_BPS,
        protocolCutBps: PROTOCOL_CUT_BPS,
        noticeSeconds: 3_600,
        reservationSeconds: 120,
        leaseHash: expectedHash,
        manifestHash,
      });
      await assertions.emitWithArgs(hash, market, "LeaseOpened", [
        1n,
        1n,
        addressOf(tenant),
        1,
        expectedHash,
        manifestHash,
        quoteHash(quote),
        NATIVE,
        RATE,
        1_000_000n,
        openedAt + 600,
      ]);
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({ tenant: -1_000_000n, locked: 1_000_000n }),
      );
      expect(await market.read.usedOf([1n])).to.equal(LEASE_RESOURCES);
      expect(await market.read.isNonceUsed([1n, quote.nonce])).to.equal(true);
      expect(await market.read.leaseCount()).to.equal(1n);
      expect(await market.read.paidUntil([1n])).to.equal(0n);
    });

    it("deposits the native coin that is sent along", async () => {
      const { market, stranger, makeQuote, signQuote, terms, ledger, coins } = await setup();
      const before = await ledger();
      const quote = await makeQuote();
      const opened = market.write.open([quote, await signQuote(quote), terms(1_000)], {
        account: stranger.account,
        value: ETHER,
      });
      await assertions.emitWithArgs(opened, market, "Deposited", [addressOf(stranger), NATIVE, ETHER]);
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({ stranger: ETHER - 1_000_000n, locked: 1_000_000n, total: ETHER }),
      );
      expect(await market.read.accountOf([stranger.account.address, NATIVE])).to.equal(ETHER - 1_000_000n);
      expect(await coins()).to.equal(before.total + ETHER);
    });

    it("rounds the lock up to a whole unit", async () => {
      const { market, makeQuote, open } = await setup();
      const quote = await makeQuote({ ratePerSecond: 10n ** 12n / 3n, minSeconds: 1 });
      await open(quote, { prepaidSeconds: 1 });
      expect((await market.read.leaseOf([1n])).balance).to.equal(1n);
    });

    it("takes a quote up to its last second, and made for the caller", async () => {
      const { market, tenant, makeQuote, open, at, now } = await setup();
      const expiresAt = (await now()) + 50;
      const quote = await makeQuote({ expiresAt, tenant: tenant.account.address });
      await at(expiresAt);
      await open(quote);
      expect((await market.read.leaseOf([1n])).state).to.equal(1);
    });

    it("takes what is left of a node exactly", async () => {
      const { market, openLease } = await setup();
      await openLease({ quote: { resources: NODE_RESOURCES } });
      expect(await market.read.usedOf([1n])).to.equal(NODE_RESOURCES & ((1n << 112n) - 1n));
    });
  });

  describe("when the node is full", () => {
    for (const [what, wanted] of [
      ["CPU", { milliCpu: 6_001, memoryMiB: 1 }],
      ["memory", { milliCpu: 1, memoryMiB: 12_289 }],
      ["disk", { milliCpu: 1, memoryMiB: 1, storageGiB: 81 }],
      ["GPUs", { milliCpu: 1, memoryMiB: 1, gpuUnits: 3, gpuModel: 7 }],
    ] as const) {
      it(`refuses more ${what} than is left`, async () => {
        const { market, makeQuote, open, openLease } = await setup();
        await openLease();
        await assertions.revertWithCustomErrorWithArgs(
          open(await makeQuote({ resources: resources(wanted) })),
          market,
          "LeaseMarket_NodeFull",
          [1n, LEASE_RESOURCES, resources(wanted), NODE_RESOURCES],
        );
        await open(
          await makeQuote({ resources: resources({ milliCpu: 6_000, memoryMiB: 12_288, storageGiB: 80 }) }),
        );
      });
    }

    it("refuses another GPU model, and a model without a GPU", async () => {
      const { market, makeQuote, open } = await setup();
      const other = resources({ milliCpu: 1, memoryMiB: 1, gpuUnits: 1, gpuModel: 8 });
      await assertions.revertWithCustomErrorWithArgs(
        open(await makeQuote({ resources: other })),
        market,
        "LeaseMarket_GpuModelMismatch",
        [8, 7],
      );
      const nameOnly = resources({ milliCpu: 1, memoryMiB: 1, gpuModel: 7 });
      await assertions.revertWithCustomErrorWithArgs(
        open(await makeQuote({ resources: nameOnly })),
        market,
        "LeaseMarket_GpuModelMismatch",
        [7, 0],
      );
    });

    it("counts each node by itself", async () => {
      const { market, nodes, stranger, makeQuote, signQuote, open, openLease } = await setup();
      await openLease({ quote: { resources: NODE_RESOURCES } });
      await nodes.write.register([registration(stranger.account.address), "0x"], {
        account: stranger.account,
        value: FEE,
      });
      await nodes.write.joinSubnet([2n, 1, SUBNET_CUT_BPS], { account: stranger.account });
      const quote = await makeQuote({ nodeId: 2n, resources: NODE_RESOURCES });
      await open(quote, { signature: await signQuote(quote, stranger) });
      expect(await market.read.usedOf([2n])).to.equal(await market.read.usedOf([1n]));
    });
  });

  describe("invalidateNonce", () => {
    it("voids a quote, by operator and by owner", async () => {
      const { market, operator, nodeOwner, makeQuote, open } = await setup();
      for (const wallet of [operator, nodeOwner]) {
        const quote = await makeQuote();
        await assertions.emitWithArgs(
          market.write.invalidateNonce([1n, quote.nonce], { account: wallet.account }),
          market,
          "NonceInvalidated",
          [1n, quote.nonce],
        );
        expect(await market.read.isNonceUsed([1n, quote.nonce])).to.equal(true);
        await assertions.revertWithCustomError(open(quote), market, "LeaseMarket_QuoteUsed");
      }
    });

    it("is refused to others, and twice", async () => {
      const { market, operator, stranger } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.invalidateNonce([1n, 500n], { account: stranger.account }),
        market,
        "LeaseMarket_NotNode",
        [1n, addressOf(stranger)],
      );
      await market.write.invalidateNonce([1n, 500n], { account: operator.account });
      await assertions.revertWithCustomErrorWithArgs(
        market.write.invalidateNonce([1n, 500n], { account: operator.account }),
        market,
        "LeaseMarket_QuoteUsed",
        [1n, 500n],
      );
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { market, tenant, signQuote, terms } = fixture;
    type Quote = Awaited<ReturnType<typeof fixture.makeQuote>>;
    const open = async (quote: Quote, input: { signature?: Hex; prepaidSeconds?: number } = {}) =>
      await market.write.open(
        [quote, input.signature ?? (await signQuote(quote)), terms(input.prepaidSeconds ?? 1_000)],
        {
          account: tenant.account,
        },
      );
    return { ...fixture, open };
  }
});
