import { expect } from "chai";
import { network } from "hardhat";
import { deployMarket } from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const EDGES = [0n, 1n, 127n, 128n, 255n, 256n, 383n, 384n, 511n, 512n, 1_024n, 2n ** 256n - 1n] as const;

describe("LeaseMarket: nonces of quotes", () => {
  for (const nonce of EDGES)
    it(`${nonce === 2n ** 256n - 1n ? "the largest" : nonce} is spent once, and no other with it`, async () => {
      const { market, operator } = await networkHelpers.loadFixture(deployMarket);
      const spend = async () =>
        await market.write.invalidateNonce([1n, nonce], { account: operator.account });
      await spend();
      for (const other of EDGES)
        expect(await market.read.isNonceUsed([1n, other]), String(other)).to.equal(other === nonce);
      expect(await market.read.isNonceUsed([2n, nonce])).to.equal(false);
      await assertions.revertWithCustomErrorWithArgs(spend(), market, "LeaseMarket_QuoteUsed", [1n, nonce]);
    });
});
