import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData, getAddress, parseEther, zeroAddress } from "viem";
import { deployCapacity, RESPONSE_SECONDS } from "../support/contracts/capacity-fixture.ts";
import { deployMarket, ETHER, FEE } from "../support/contracts/market-fixture.ts";
import { deployRewards, entryOf } from "../support/contracts/rewards-fixture.ts";
import { deploySlasher, FAULT } from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

/** Coin of others, which a second payment would be made of. */
const OTHERS = 10n * ETHER;

describe("attacks on what waits to be withdrawn", () => {
  it("re-entered withdrawal of a fine's share: the second one fails and so does the first", async () => {
    const { slasher, verdict, file, owner } = await networkHelpers.loadFixture(deploySlasher);
    const wallet = await viem.deployContract("HostileWallet");
    await slasher.write.setPool([wallet.address], { account: owner.account });
    const { report } = await file(slasher.write.reportVerdict([await verdict(FAULT.falseRoot)]));
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    await networkHelpers.setBalance(slasher.address, OTHERS);
    const again = { abi: slasher.abi, functionName: "withdrawFor", args: [wallet.address] } as const;
    await wallet.write.setCall([slasher.address, encodeFunctionData(again)]);
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.withdrawFor([wallet.address]),
      slasher,
      "Slasher_TransferFailed",
      [getAddress(wallet.address), parseEther("0.45")],
    );
    expect(await slasher.read.balanceOf([wallet.address])).to.equal(parseEther("0.45"));
    await wallet.write.setCall([zeroAddress, "0x"]);
    await assertions.balancesHaveChanged(slasher.write.withdrawFor([wallet.address]), [
      { address: wallet.address, amount: parseEther("0.45") },
    ]);
  });

  it("re-entered withdrawal of a deposit: the second one fails and so does the first", async () => {
    const { rounds, openRound, work, at } = await networkHelpers.loadFixture(deployCapacity);
    const wallet = await viem.deployContract("HostileWallet");
    const { postBy } = await openRound();
    const one = await work(1n);
    const answer = { abi: rounds.abi, functionName: "answerDirectly" } as const;
    const data = encodeFunctionData({ ...answer, args: [one.answer, one.signature] });
    await wallet.write.execute([rounds.address, data], { value: ETHER });
    await at(postBy + RESPONSE_SECONDS + 1);
    await rounds.write.settleOmission([1n, 1, 1]);
    await networkHelpers.setBalance(rounds.address, OTHERS);
    const withdraw = encodeFunctionData({ abi: rounds.abi, functionName: "withdraw" });
    await wallet.write.setCall([rounds.address, withdraw]);
    await assertions.revertWithCustomError(
      wallet.write.execute([rounds.address, withdraw]),
      wallet,
      "HostileWallet_Refused",
    );
    expect(await rounds.read.creditOf([wallet.address])).to.equal(ETHER);
    await wallet.write.setCall([zeroAddress, "0x"]);
    await assertions.balancesHaveChanged(wallet.write.execute([rounds.address, withdraw]), [
      { address: wallet.address, amount: ETHER },
    ]);
  });

  it("claim while rewards are paid: what is credited then is not lost", async () => {
    const { rewards, nodeOwner, promise, closeEra, post, activate, claimOf } =
      await networkHelpers.loadFixture(deployRewards);
    const wallet = await viem.deployContract("HostileWallet");
    await rewards.write.setRewardWallet([1n, wallet.address], { account: nodeOwner.account });
    await rewards.write.claim([await promise(500n)]);
    await closeEra(400n);
    const entries = [entryOf(1n, 700n)];
    await post(entries);
    await activate();
    const claim = {
      abi: rewards.abi,
      functionName: "claim",
      args: [claimOf(entryOf(1n, 700n), entries)],
    } as const;
    await wallet.write.setCall([rewards.address, encodeFunctionData(claim)]);
    await assertions.balancesHaveChanged(rewards.write.withdrawRewards([1n]), [
      { address: wallet.address, amount: 500n },
    ]);
    expect(await rewards.read.creditOf([1n])).to.deep.equal([200n, 0n]);
  });

  it("re-entered withdrawal of fees: the second one finds nothing", async () => {
    const { nodes, owner } = await networkHelpers.loadFixture(deployMarket);
    const wallet = await viem.deployContract("HostileWallet");
    await nodes.write.setFeeReceiver([wallet.address], { account: owner.account });
    await networkHelpers.setBalance(nodes.address, OTHERS);
    const again = encodeFunctionData({ abi: nodes.abi, functionName: "withdrawFees" });
    await wallet.write.setCall([nodes.address, again]);
    await assertions.balancesHaveChanged(nodes.write.withdrawFees(), [
      { address: wallet.address, amount: FEE },
    ]);
  });
});
