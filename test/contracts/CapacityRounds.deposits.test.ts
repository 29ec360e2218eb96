import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData } from "viem";
import { addressOf, ETHER } from "../support/contracts/market-fixture.ts";
import { DEPOSIT, deployCapacity, RESPONSE_SECONDS } from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("CapacityRounds: deposits", () => {
  describe("withdraw", () => {
    it("pays what was credited, once", async () => {
      const { rounds, openRound, work, postTree, gateway, publicClient } = await setup();
      await openRound();
      const one = await work(1n);
      await rounds.write.answerDirectly([one.answer, one.signature], { value: DEPOSIT });
      const { posted, openLeaf } = await postTree([one.leaf]);
      await rounds.write.showIncluded([posted, openLeaf(0)]);
      await assertions.emitWithArgs(
        rounds.write.withdraw({ account: gateway.account }),
        rounds,
        "DepositsWithdrawn",
        [addressOf(gateway), DEPOSIT],
      );
      expect(await publicClient.getBalance({ address: rounds.address })).to.equal(0n);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.withdraw({ account: gateway.account }),
        rounds,
        "CapacityRounds_NothingToWithdraw",
        [addressOf(gateway)],
      );
    });

    it("keeps the credit of an account that refuses the coin", async () => {
      const { rounds, openRound, work, at, market } = await setup();
      const receiver = await viem.deployContract("HostileReceiver", [market.address]);
      const { postBy } = await openRound();
      const one = await work(1n);
      const data = encodeFunctionData({
        abi: rounds.abi,
        functionName: "answerDirectly",
        args: [one.answer, one.signature],
      });
      await receiver.write.execute([rounds.address, data], { value: ETHER });
      await at(postBy + RESPONSE_SECONDS + 1);
      await rounds.write.settleOmission([1n, 1, 1]);
      const withdraw = encodeFunctionData({ abi: rounds.abi, functionName: "withdraw" });
      await assertions.revertWithCustomError(
        receiver.write.execute([rounds.address, withdraw]),
        receiver,
        "HostileReceiver_Refused",
      );
      expect(await rounds.read.creditOf([receiver.address])).to.equal(ETHER);
    });
  });

  describe("depositNow", () => {
    it("follows the price of gas, above a floor, and is enforced to the wei", async () => {
      const { rounds, openRound, work } = await setup();
      await openRound();
      const one = await work(1n);
      const send = (value: bigint) => rounds.write.answerDirectly([one.answer, one.signature], { value });
      await networkHelpers.setNextBlockBaseFeePerGas(20n * 10n ** 9n);
      const required = 2_500_000n * 20n * 10n ** 9n;
      await assertions.revertWithCustomErrorWithArgs(
        send(required - 1n),
        rounds,
        "CapacityRounds_DepositTooLow",
        [required - 1n, required],
      );
      await networkHelpers.setNextBlockBaseFeePerGas(1n);
      await networkHelpers.mine();
      expect(await rounds.read.depositNow()).to.equal(10n ** 15n);
      await networkHelpers.setNextBlockBaseFeePerGas(1n);
      await send(10n ** 15n);
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployCapacity);
  }
});
