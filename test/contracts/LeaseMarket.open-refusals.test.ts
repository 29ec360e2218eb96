import { network } from "hardhat";
import { type Hex, zeroAddress } from "viem";
import {
  addressOf,
  deployMarket,
  ETHER,
  NATIVE,
  PROTOCOL_CUT_BPS,
  SUBNET_CUT_BPS,
  subnetSettings,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("LeaseMarket.open: what it refuses", () => {
  describe("when the quote does not hold", () => {
    it("refuses an expired one", async () => {
      const { market, makeQuote, open, at, now } = await setup();
      const expiresAt = (await now()) + 50;
      const quote = await makeQuote({ expiresAt });
      await at(expiresAt + 1);
      await assertions.revertWithCustomErrorWithArgs(open(quote), market, "LeaseMarket_QuoteExpired", [
        BigInt(expiresAt),
        BigInt(expiresAt + 1),
      ]);
    });

    it("refuses one for another tenant", async () => {
      const { market, tenant, stranger, makeQuote, open } = await setup();
      const quote = await makeQuote({ tenant: stranger.account.address });
      await assertions.revertWithCustomErrorWithArgs(open(quote), market, "LeaseMarket_QuoteNotForTenant", [
        addressOf(stranger),
        addressOf(tenant),
      ]);
    });

    it("refuses one that was used", async () => {
      const { market, makeQuote, open } = await setup();
      const quote = await makeQuote();
      await open(quote);
      await assertions.revertWithCustomErrorWithArgs(open(quote), market, "LeaseMarket_QuoteUsed", [
        1n,
        quote.nonce,
      ]);
    });

    it("refuses one signed by somebody else, or by nobody", async () => {
      const { market, operator, stranger, makeQuote, signQuote, open } = await setup();
      const quote = await makeQuote();
      await assertions.revertWithCustomErrorWithArgs(
        open(quote, { signature: await signQuote(quote, stranger) }),
        market,
        "LeaseMarket_BadQuoteSignature",
        [addressOf(operator), addressOf(stranger)],
      );
      for (const signature of ["0x", "0x1234", `0x${"00".repeat(65)}`] as const) {
        await assertions.revertWithCustomErrorWithArgs(
          open(quote, { signature }),
          market,
          "LeaseMarket_BadQuoteSignature",
          [addressOf(operator), zeroAddress],
        );
      }
    });

    for (const [field, limit] of [
      ["startWindowSeconds", 86_400],
      ["noticeSeconds", 30 * 86_400],
      ["reservationSeconds", 600],
    ] as const) {
      it(`refuses a ${field} above ${limit}`, async () => {
        const { market, makeQuote, open } = await setup();
        const quote = await makeQuote({ [field]: limit + 1 });
        await assertions.revertWithCustomErrorWithArgs(open(quote), market, "LeaseMarket_BadQuoteTerms", [
          field,
          BigInt(limit + 1),
          BigInt(limit),
        ]);
        await open(await makeQuote({ [field]: limit }));
      });
    }

    it("refuses cuts that are not the current ones", async () => {
      const { market, owner, subnets, gateway, makeQuote, open } = await setup();
      const quote = await makeQuote();
      await market.write.setProtocolCut([400], { account: owner.account });
      await assertions.revertWithCustomErrorWithArgs(open(quote), market, "LeaseMarket_CutMismatch", [
        PROTOCOL_CUT_BPS,
        400,
      ]);
      await subnets.write.setCut([1, 900], { account: gateway.account });
      await assertions.revertWithCustomErrorWithArgs(open(quote), market, "LeaseMarket_CutMismatch", [
        SUBNET_CUT_BPS,
        900,
      ]);
    });

    it("refuses a token that is not allowed", async () => {
      const { market, owner, makeQuote, open } = await setup();
      const quote = await makeQuote();
      await market.write.setTokenAllowed([NATIVE, false], { account: owner.account });
      await assertions.revertWithCustomErrorWithArgs(open(quote), market, "LeaseMarket_TokenNotAllowed", [
        NATIVE,
      ]);
    });
  });

  describe("when the node or the subnet does not take leases", () => {
    it("refuses a draining node, one that left, and one that never was", async () => {
      const { market, nodes, operator, makeQuote, open } = await setup();
      await nodes.write.setDraining([1n, true], { account: operator.account });
      await assertions.revertWithCustomErrorWithArgs(
        open(await makeQuote()),
        market,
        "LeaseMarket_NodeNotActive",
        [1n, 3],
      );
      await assertions.revertWithCustomErrorWithArgs(
        open(await makeQuote({ nodeId: 9n })),
        market,
        "LeaseMarket_NodeNotActive",
        [9n, 0],
      );
    });

    it("refuses a node of another subnet", async () => {
      const { market, makeQuote, open, secondSubnet } = await setup();
      await secondSubnet(SUBNET_CUT_BPS);
      await assertions.revertWithCustomErrorWithArgs(
        open(await makeQuote({ subnetId: 2 })),
        market,
        "LeaseMarket_NotInSubnet",
        [1n, 2],
      );
    });

    it("refuses a closed subnet", async () => {
      const { market, subnets, gateway, makeQuote, open } = await setup();
      const quote = await makeQuote();
      await subnets.write.closeSubnet([1], { account: gateway.account });
      await assertions.revertWithCustomErrorWithArgs(open(quote), market, "LeaseMarket_SubnetInactive", [1]);
    });

    it("refuses a cut above what the node accepted", async () => {
      const { market, subnets, gateway, makeQuote, open } = await setup();
      await subnets.write.setCut([1, SUBNET_CUT_BPS + 1], { account: gateway.account });
      await networkHelpers.time.increase(await subnets.read.CUT_NOTICE_SECONDS());
      const quote = await makeQuote({ subnetCutBps: SUBNET_CUT_BPS + 1 });
      await assertions.revertWithCustomErrorWithArgs(open(quote), market, "LeaseMarket_CutNotAccepted", [
        1n,
        SUBNET_CUT_BPS + 1,
        SUBNET_CUT_BPS,
      ]);
    });
  });

  describe("when the terms do not fit", () => {
    for (const prepaidSeconds of [59, 30 * 86_400 + 1]) {
      it(`refuses ${prepaidSeconds} s in advance`, async () => {
        const { market, makeQuote, open } = await setup();
        await assertions.revertWithCustomErrorWithArgs(
          open(await makeQuote(), { prepaidSeconds }),
          market,
          "LeaseMarket_PrepaidOutOfRange",
          [prepaidSeconds, 60, 30 * 86_400],
        );
      });
    }

    it("refuses more than the free balance, and names both figures", async () => {
      const { market, tenant, makeQuote, open } = await setup();
      const quote = await makeQuote({ ratePerSecond: ETHER * 10n ** 10n });
      await assertions.revertWithCustomErrorWithArgs(
        open(quote, { prepaidSeconds: 1_001 }),
        market,
        "LeaseMarket_InsufficientFree",
        [addressOf(tenant), NATIVE, 10n * ETHER, 1_001n * (ETHER / 100n)],
      );
    });

    it("refuses native coin for a lease that another token pays", async () => {
      const { market, owner, makeQuote, signQuote, terms, tenant } = await setup();
      const token = await viem.deployContract("PermitToken");
      await market.write.setTokenAllowed([token.address, true], { account: owner.account });
      const quote = await makeQuote({ token: token.address });
      await assertions.revertWithCustomErrorWithArgs(
        market.write.open([quote, await signQuote(quote), terms(1_000)], {
          account: tenant.account,
          value: 1n,
        }),
        market,
        "LeaseMarket_UnexpectedValue",
        [1n],
      );
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { market, tenant, signQuote, terms, subnets, stranger } = fixture;
    type Quote = Awaited<ReturnType<typeof fixture.makeQuote>>;
    const open = async (quote: Quote, input: { signature?: Hex; prepaidSeconds?: number } = {}) =>
      await market.write.open(
        [quote, input.signature ?? (await signQuote(quote)), terms(input.prepaidSeconds ?? 1_000)],
        {
          account: tenant.account,
        },
      );
    const secondSubnet = async (cutBps: number) =>
      await subnets.write.registerSubnet([{ ...subnetSettings(stranger.account.address), cutBps }], {
        account: stranger.account,
        value: 5n * 10n ** 16n,
      });
    return { ...fixture, open, secondSubnet };
  }
});
