import { expect } from "chai";
import { network } from "hardhat";
import { deployRegistries } from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const EDGES = [0n, 1n, 127n, 128n, 255n, 256n, 383n, 384n, 511n, 512n, 1_024n, 2n ** 256n - 1n] as const;

describe("NodeSubnets: nonces of opt-ins", () => {
  for (const nonce of EDGES)
    it(`${nonce} is spent once, and no other is spent with it`, async () => {
      const { nodes, provider } = await setup();
      const spend = async (which: bigint) =>
        await nodes.write.invalidateOptIn([2n, which], { account: provider.account });
      await assertions.emitWithArgs(spend(nonce), nodes, "OptInSpent", [2n, nonce]);
      for (const other of EDGES)
        expect(await nodes.read.isOptInSpent([2n, other]), String(other)).to.equal(other === nonce);
      expect(await nodes.read.isOptInSpent([1n, nonce])).to.equal(false);
      await assertions.revertWithCustomErrorWithArgs(spend(nonce), nodes, "NodeRegistry_OptInUsed", [
        2n,
        nonce,
      ]);
    });

  it("all of them are spent one after the other, and stay so", async () => {
    const { nodes, provider } = await setup();
    for (const nonce of EDGES) await nodes.write.invalidateOptIn([2n, nonce], { account: provider.account });
    for (const nonce of EDGES)
      expect(await nodes.read.isOptInSpent([2n, nonce]), String(nonce)).to.equal(true);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRegistries);
  }
});
