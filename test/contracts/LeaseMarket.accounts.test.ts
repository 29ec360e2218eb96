import { expect } from "chai";
import { network } from "hardhat";
import { getAddress, type Hex, parseSignature, zeroAddress } from "viem";
import {
  addressOf,
  changesOf,
  deployMarket,
  ETHER,
  NATIVE,
  only,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const UNITS = 1_000_000n;
const ALWAYS = 2n ** 256n - 1n;

describe("LeaseMarket: escrow accounts", () => {
  describe("deposit", () => {
    it("credits the caller with what is sent", async () => {
      const { market, stranger, ledger, coins } = await setup();
      const before = await ledger();
      await assertions.emitWithArgs(
        market.write.deposit({ account: stranger.account, value: ETHER }),
        market,
        "Deposited",
        [addressOf(stranger), NATIVE, ETHER],
      );
      expect(changesOf(before, await ledger())).to.deep.equal(only({ stranger: ETHER, total: ETHER }));
      expect(await coins()).to.equal((await ledger()).total);
    });

    it("refuses nothing, and refuses the native coin where it is not allowed", async () => {
      const { market, stranger, owner } = await setup();
      await assertions.revertWithCustomError(
        market.write.deposit({ account: stranger.account }),
        market,
        "LeaseMarket_NothingDeposited",
      );
      await market.write.setTokenAllowed([NATIVE, false], { account: owner.account });
      await assertions.revertWithCustomErrorWithArgs(
        market.write.deposit({ account: stranger.account, value: 1n }),
        market,
        "LeaseMarket_TokenNotAllowed",
        [NATIVE],
      );
    });
  });

  describe("depositToken", () => {
    it("credits the caller with what arrives", async () => {
      const { market, token, stranger, ledger } = await setup();
      await token.write.approve([market.address, UNITS], { account: stranger.account });
      await assertions.emitWithArgs(
        market.write.depositToken([token.address, UNITS], { account: stranger.account }),
        market,
        "Deposited",
        [addressOf(stranger), getAddress(token.address), UNITS],
      );
      expect(await ledger(token.address)).to.deep.equal(only({ stranger: UNITS, total: UNITS }));
      expect(await token.read.balanceOf([market.address])).to.equal(UNITS);
    });

    it("refuses tokens that are not allowed, the native coin, and nothing", async () => {
      const { market, token, stranger, owner } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.depositToken([NATIVE, 1n], { account: stranger.account }),
        market,
        "LeaseMarket_TokenNotAllowed",
        [NATIVE],
      );
      await assertions.revertWithCustomError(
        market.write.depositToken([token.address, 0n], { account: stranger.account }),
        market,
        "LeaseMarket_NothingDeposited",
      );
      await market.write.setTokenAllowed([token.address, false], { account: owner.account });
      await assertions.revertWithCustomError(
        market.write.depositToken([token.address, 1n], { account: stranger.account }),
        market,
        "LeaseMarket_TokenNotAllowed",
      );
    });
  });

  describe("depositWithPermit", () => {
    it("needs no approval before", async () => {
      const { market, token, stranger, permit, ledger } = await setup();
      const { v, r, s } = await permit(UNITS);
      await market.write.depositWithPermit([token.address, UNITS, ALWAYS, v, r, s], {
        account: stranger.account,
      });
      expect(await ledger(token.address)).to.deep.equal(only({ stranger: UNITS, total: UNITS }));
    });

    it("fails with the token's own reason when the permit is not the caller's", async () => {
      const { market, token, tenant, permit } = await setup();
      const { v, r, s } = await permit(UNITS);
      await assertions.revertWithCustomError(
        market.write.depositWithPermit([token.address, UNITS, ALWAYS, v, r, s], { account: tenant.account }),
        token,
        "ERC20InsufficientAllowance",
      );
    });

    it("refuses tokens that are not allowed", async () => {
      const { market, token, stranger, owner, permit } = await setup();
      const { v, r, s } = await permit(UNITS);
      await market.write.setTokenAllowed([token.address, false], { account: owner.account });
      await assertions.revertWithCustomError(
        market.write.depositWithPermit([token.address, UNITS, ALWAYS, v, r, s], {
          account: stranger.account,
        }),
        market,
        "LeaseMarket_TokenNotAllowed",
      );
    });
  });

  describe("withdraw", () => {
    it("pays free native balance to the caller", async () => {
      const { market, tenant, ledger, coins } = await setup();
      const before = await ledger();
      const withdrawn = market.write.withdraw([NATIVE, ETHER], { account: tenant.account });
      await assertions.balancesHaveChanged(withdrawn, [
        { address: addressOf(tenant), amount: ETHER },
        { address: market.address, amount: -ETHER },
      ]);
      await assertions.emitWithArgs(withdrawn, market, "Withdrawn", [addressOf(tenant), NATIVE, ETHER]);
      expect(changesOf(before, await ledger())).to.deep.equal(only({ tenant: -ETHER, total: -ETHER }));
      expect(await coins()).to.equal((await ledger()).total);
    });

    it("pays free token balance to the caller, even when the token is no longer allowed", async () => {
      const { market, token, stranger, owner, ledger } = await setup();
      await token.write.approve([market.address, UNITS], { account: stranger.account });
      await market.write.depositToken([token.address, UNITS], { account: stranger.account });
      await market.write.setTokenAllowed([token.address, false], { account: owner.account });
      await market.write.withdraw([token.address, UNITS], { account: stranger.account });
      expect(await token.read.balanceOf([stranger.account.address])).to.equal(10n * UNITS);
      expect(await ledger(token.address)).to.deep.equal(only({}));
    });

    it("refuses more than is free: locked balance stays", async () => {
      const { market, tenant, openLease, ledger } = await setup();
      await openLease({ prepaidSeconds: 1_000 });
      const { tenant: free, locked } = await ledger();
      expect(locked).to.equal(1_000_000n);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.withdraw([NATIVE, free + 1n], { account: tenant.account }),
        market,
        "LeaseMarket_InsufficientFree",
        [addressOf(tenant), NATIVE, free, free + 1n],
      );
    });
  });

  describe("the owner", () => {
    it("allows and refuses tokens", async () => {
      const { market, owner, stranger } = await setup();
      const token = getAddress("0x00000000000000000000000000000000000000aa");
      await assertions.emitWithArgs(
        market.write.setTokenAllowed([token, true], { account: owner.account }),
        market,
        "TokenAllowed",
        [token, true],
      );
      expect(await market.read.isTokenAllowed([token])).to.equal(true);
      await assertions.revertWithCustomError(
        market.write.setTokenAllowed([token, true], { account: stranger.account }),
        market,
        "OwnableUnauthorizedAccount",
      );
    });

    it("sets the protocol's cut within the constant", async () => {
      const { market, owner, stranger } = await setup();
      await assertions.emitWithArgs(
        market.write.setProtocolCut([1_000], { account: owner.account }),
        market,
        "ProtocolCutChanged",
        [1_000],
      );
      expect(await market.read.protocolCutBps()).to.equal(1_000);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.setProtocolCut([1_001], { account: owner.account }),
        market,
        "LeaseMarket_CutTooHigh",
        [1_001, 1_000],
      );
      await assertions.revertWithCustomError(
        market.write.setProtocolCut([0], { account: stranger.account }),
        market,
        "OwnableUnauthorizedAccount",
      );
    });

    it("moves the treasury, not to zero", async () => {
      const { market, owner, stranger } = await setup();
      await assertions.emitWithArgs(
        market.write.setTreasury([stranger.account.address], { account: owner.account }),
        market,
        "TreasuryChanged",
        [addressOf(stranger)],
      );
      expect(await market.read.treasury()).to.equal(addressOf(stranger));
      await assertions.revertWithCustomError(
        market.write.setTreasury([zeroAddress], { account: owner.account }),
        market,
        "LeaseMarket_ZeroTreasury",
      );
      await assertions.revertWithCustomError(
        market.write.setTreasury([stranger.account.address], { account: stranger.account }),
        market,
        "OwnableUnauthorizedAccount",
      );
    });

    it("hands over in two steps", async () => {
      const { market, owner, stranger } = await setup();
      await market.write.transferOwnership([stranger.account.address], { account: owner.account });
      expect(await market.read.owner()).to.equal(addressOf(owner));
      await market.write.acceptOwnership({ account: stranger.account });
      expect(await market.read.owner()).to.equal(addressOf(stranger));
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { market, owner, stranger, chainId } = fixture;
    const token = await viem.deployContract("PermitToken");
    await market.write.setTokenAllowed([token.address, true], { account: owner.account });
    await token.write.mint([stranger.account.address, 10n * UNITS]);
    const permit = async (value: bigint) => {
      const signature: Hex = await stranger.signTypedData({
        account: stranger.account,
        domain: { name: "Test Dollar", version: "1", chainId, verifyingContract: token.address },
        types: {
          Permit: [
            { name: "owner", type: "address" },
            { name: "spender", type: "address" },
            { name: "value", type: "uint256" },
            { name: "nonce", type: "uint256" },
            { name: "deadline", type: "uint256" },
          ],
        },
        primaryType: "Permit",
        message: {
          owner: stranger.account.address,
          spender: market.address,
          value,
          nonce: 0n,
          deadline: ALWAYS,
        },
      });
      const { r, s, yParity } = parseSignature(signature);
      return { r, s, v: 27 + yParity };
    };
    return { ...fixture, token, permit };
  }
});
