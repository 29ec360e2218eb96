import { expect } from "chai";
import { network } from "hardhat";
import { concat, encodeFunctionData, getAddress, type Hex, keccak256, toHex } from "viem";
import { eraRewardsAbi } from "@fizz/protocol/chain";
import { rewardLeaf, rewardTree } from "@fizz/protocol/rewards";
import { addressOf } from "../support/contracts/market-fixture.ts";
import { DATA, deployRewards, entryOf, ETHER, refusals } from "../support/contracts/rewards-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;
const refused = refusals(viem);

/** One test per known way in which distributors were robbed or blocked: reference table of attacks, rewards' rows. */
describe("attacks on the rewards", () => {
  it("double claim: the same leaf pays once, under the same root and under the next", async () => {
    const { rewards, promise, closeEra, post, activate, claimOf } = await setup();
    const claim = await promise(500n);
    await rewards.write.claim([claim]);
    await refused(rewards.write.claim([claim]), "EraRewards_NothingToClaim", [1, 1n, 500n, 500n]);
    await closeEra(200n);
    const entries = [entryOf(1n, 500n), entryOf(2n, 100n)];
    await post(entries);
    await activate();
    const again = claimOf(entryOf(1n, 500n), entries);
    await refused(rewards.write.claim([again]), "EraRewards_NothingToClaim", [1, 1n, 500n, 500n]);
    expect(await rewards.read.creditOf([1n])).to.deep.equal([500n, 0n]);
  });

  it("older root: a lower amount after a higher one takes nothing back, and pays nothing", async () => {
    const { rewards, promise, closeEra, post, activate, claimOf } = await setup();
    const old = await promise(500n);
    await closeEra(200n);
    const entries = [entryOf(1n, 600n)];
    await post(entries);
    await activate();
    await rewards.write.claim([claimOf(entryOf(1n, 600n), entries)]);
    await refused(rewards.write.claim([old]), "EraRewards_NothingToClaim", [1, 1n, 500n, 600n]);
    expect(await rewards.read.claimedOf([1, 1n])).to.equal(600n);
  });

  it("second pre-image: an inner node of 64 bytes is no leaf", async () => {
    const { rewards, closeEra, gateway, activate } = await setup();
    const era = await closeEra(ETHER);
    // A tree with an inner node whose two children read as (nodeId, cumulative): what a single hash would let in.
    const nodeId = 1n;
    const cumulative = ETHER / 2n;
    const words = concat([toHex(nodeId, { size: 32 }), toHex(cumulative, { size: 32 })]);
    const inner = keccak256(words);
    const sibling = rewardLeaf(entryOf(2n, 1n));
    const root = keccak256(inner < sibling ? concat([inner, sibling]) : concat([sibling, inner]));
    await rewards.write.postRoot([1, era, root, cumulative, DATA], { account: gateway.account });
    await activate();
    const forged = { subnetId: 1, nodeId, cumulative, root, proof: [sibling] };
    await refused(rewards.write.claim([forged]), "EraRewards_BadProof", [1, nodeId, cumulative, root]);
  });

  it("foreign root: a proof of one subnet is worth nothing in another", async () => {
    const { rewards, promise, closeEra, post, activate } = await setup();
    const claim = await promise(500n);
    await closeEra(1_000n, 2);
    const theirs = await post([entryOf(2n, 500n)], { subnetId: 2 });
    await activate();
    await refused(rewards.write.claim([{ ...claim, subnetId: 2 }]), "EraRewards_RootNotFound", [
      2,
      claim.root,
    ]);
    await refused(
      rewards.write.claim([{ ...claim, subnetId: 2, root: theirs.root }]),
      "EraRewards_BadProof",
      [2, 1n, 500n, theirs.root],
    );
  });

  it("over-promising root: leaves beyond the total drain nobody else's money", async () => {
    const { rewards, closeEra, post, activate, claimOf, owed, coins } = await setup();
    await closeEra(1_000n);
    await closeEra(100_000n, 2);
    const entries = [entryOf(1n, 400n), entryOf(2n, 400n)];
    await post(entries, { total: 500n });
    await activate();
    await rewards.write.claim([claimOf(entryOf(1n, 400n), entries)]);
    await refused(rewards.write.claim([claimOf(entryOf(2n, 400n), entries)]), "EraRewards_OverTotal", [
      1,
      800n,
      500n,
    ]);
    expect((await rewards.read.poolOf([2])).free).to.equal(50_000n);
    expect(await owed()).to.equal(await coins());
  });

  it("overflowing leaf: an amount near 2^256 is refused, and nothing changes", async () => {
    const { rewards, closeEra, gateway, activate } = await setup();
    const era = await closeEra(1_000n);
    const cumulative = 2n ** 256n - 1n;
    const { root } = rewardTree([{ ...entryOf(1n, 1n), cumulative: cumulative as never }]);
    await rewards.write.postRoot([1, era, root, 500n, DATA], { account: gateway.account });
    await activate();
    const claim = { subnetId: 1, nodeId: 1n, cumulative, root, proof: [] };
    await refused(rewards.write.claim([claim]), "EraRewards_OverTotal", [1, cumulative, 500n]);
    expect(await rewards.read.claimedOf([1, 1n])).to.equal(0n);
  });

  it("colluding gateway: a root above the budget is refused, whoever the money would go to", async () => {
    const { rewards, closeEra, gateway } = await setup();
    const era = await closeEra(ETHER);
    await rewards.write.fund([0], { value: 10n * ETHER });
    const { root } = rewardTree([entryOf(1n, ETHER)]);
    await refused(
      rewards.write.postRoot([1, era, root, ETHER, DATA], { account: gateway.account }),
      "EraRewards_OverBudget",
      [1, ETHER, ETHER / 2n],
    );
  });

  it("collecting another's rewards: whoever brings the proof, the node's wallet is paid", async () => {
    const { rewards, promise, stranger, nodeOwner } = await setup();
    const claim = await promise(500n);
    await assertions.balancesHaveChanged(
      rewards.write.claimAndWithdraw([claim], { account: stranger.account }),
      [{ address: addressOf(nodeOwner), amount: 500n }],
    );
  });

  it("refusing receiver: a wallet that takes no coin blocks its own node only, and loses nothing", async () => {
    const { rewards, registry, nodeOwner, closeEra, post, activate, claimOf } = await setup();
    const wallet = await viem.deployContract("HostileWallet");
    await wallet.write.setRefuses([true]);
    await rewards.write.setRewardWallet([1n, wallet.address], { account: nodeOwner.account });
    await closeEra(2_000n);
    const entries = [entryOf(1n, 600n), entryOf(2n, 400n)];
    await post(entries);
    await activate();
    const claim = claimOf(entryOf(1n, 600n), entries);
    const failed = [getAddress(wallet.address), 600n];
    await refused(rewards.write.claimAndWithdraw([claim]), "EraRewards_TransferFailed", failed);
    expect(await rewards.read.claimedOf([1, 1n])).to.equal(0n);
    await rewards.write.claim([claim]);
    await refused(rewards.write.withdrawRewards([1n]), "EraRewards_TransferFailed", failed);
    await rewards.write.claimAndWithdraw([claimOf(entryOf(2n, 400n), entries)]);
    expect(await registry.read.ownerOf([2n])).to.equal(addressOf(nodeOwner));
    await wallet.write.setRefuses([false]);
    await assertions.balancesHaveChanged(rewards.write.withdrawRewards([1n]), [
      { address: wallet.address, amount: 600n },
    ]);
  });

  it("re-entered withdrawal: the second one fails and so does the first", async () => {
    const { rewards, nodeOwner, promise } = await setup();
    const wallet = await viem.deployContract("HostileWallet");
    await rewards.write.setRewardWallet([1n, wallet.address], { account: nodeOwner.account });
    const claim = await promise(500n);
    await rewards.write.claim([claim]);
    const calls: readonly Hex[] = [
      encodeFunctionData({ abi: eraRewardsAbi, functionName: "withdrawRewards", args: [1n] }),
      encodeFunctionData({ abi: eraRewardsAbi, functionName: "payTreasury" }),
      encodeFunctionData({ abi: eraRewardsAbi, functionName: "checkpoint", args: [1] }),
    ];
    for (const data of calls) {
      await wallet.write.setCall([rewards.address, data]);
      await refused(rewards.write.withdrawRewards([1n]), "EraRewards_TransferFailed", [
        getAddress(wallet.address),
        500n,
      ]);
    }
    expect(await rewards.read.creditOf([1n])).to.deep.equal([500n, 0n]);
  });

  it("forced coin: pools are counted, never the balance", async () => {
    const { rewards, registry, meter, nextEra, checkpoint, owed, coins } = await setup();
    await networkHelpers.setBalance(rewards.address, 5n * ETHER);
    await rewards.write.pullFees();
    await nextEra();
    await checkpoint();
    expect(await rewards.read.totals()).to.deep.equal([0n, 0n, 0n]);
    expect((await rewards.read.poolOf([1])).free).to.equal(0n);
    expect(await owed()).to.equal((await coins()) - 5n * ETHER);
    expect([await registry.read.feesCollected(), await meter.read.treasury()]).to.deep.equal([
      0n,
      getAddress(rewards.address),
    ]);
  });

  it("slashed rewards: what is taken does not go back to the gateway that shares it out", async () => {
    const { rewards, owner, slasher, promise } = await setup();
    await rewards.write.setSlasher([slasher.account.address], { account: owner.account });
    const claim = await promise(500n);
    const pool = await rewards.read.poolOf([1]);
    await rewards.write.slashRewards([1n, 200n], { account: slasher.account });
    await rewards.write.claim([claim]);
    expect(await rewards.read.creditOf([1n])).to.deep.equal([300n, 0n]);
    expect(await rewards.read.poolOf([1])).to.deep.equal(pool);
    expect((await rewards.read.totals())[0]).to.equal(200n);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRewards);
  }
});
