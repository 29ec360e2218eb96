import { network } from "hardhat";
import { deployCapacity } from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const FLOOR = 10n ** 15n;
/** Twice what the dearest refutation costs. */
const UNITS = 2_500_000n;

describe("CapacityRounds: the least deposit", () => {
  for (const [what, baseFee, required] of [
    ["the floor, while blocks are cheap", 1n, FLOOR],
    ["the floor, up to the price at which both are the same", FLOOR / UNITS, FLOOR],
    ["twice the price of a refutation from there on", FLOOR / UNITS + 1n, FLOOR + UNITS],
    ["twice the price of a refutation, while blocks are dear", 20n * 10n ** 9n, UNITS * 20n * 10n ** 9n],
  ] as const)
    it(`is ${what}, to the wei`, async () => {
      const { rounds, openRound, work } = await networkHelpers.loadFixture(deployCapacity);
      await openRound();
      const { answer, signature } = await work(1n);
      const send = async (value: bigint) => {
        await networkHelpers.setNextBlockBaseFeePerGas(baseFee);
        return await rounds.write.answerDirectly([answer, signature], { value });
      };
      await assertions.revertWithCustomErrorWithArgs(
        send(required - 1n),
        rounds,
        "CapacityRounds_DepositTooLow",
        [required - 1n, required],
      );
      await assertions.emit(send(required), rounds, "AnsweredDirectly");
    });
});
