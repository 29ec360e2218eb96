import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData, getAddress } from "viem";
import { subnetRegistryAbi as abi } from "@fizz/protocol/chain";
import { addressOf, deployMarket, STAKE, subnetSettings } from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const THAW_SECONDS = 21 * 86_400;

describe("SubnetRegistry: closing", () => {
  describe("closeSubnet and withdrawStake", () => {
    it("closes for good, thaws the stake, and pays it to the owner once", async () => {
      const { subnets, gateway } = await setup();
      const closed = subnets.write.closeSubnet([1], { account: gateway.account });
      await assertions.emit(closed, subnets, "SubnetClosed");
      const freeAt = (await networkHelpers.time.latest()) + THAW_SECONDS;
      expect((await subnets.read.subnetOf([1])).active).to.equal(false);

      await networkHelpers.time.setNextBlockTimestamp(freeAt - 1);
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.withdrawStake([1], { account: gateway.account }),
        subnets,
        "SubnetRegistry_StakeThawing",
        [1, freeAt],
      );
      await networkHelpers.time.setNextBlockTimestamp(freeAt);
      await assertions.balancesHaveChanged(subnets.write.withdrawStake([1], { account: gateway.account }), [
        { address: addressOf(gateway), amount: STAKE },
        { address: subnets.address, amount: -STAKE },
      ]);
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.withdrawStake([1], { account: gateway.account }),
        subnets,
        "SubnetRegistry_NothingThaws",
        [1],
      );
    });

    it("are refused to others, while open, and twice", async () => {
      const { subnets, gateway, tenant } = await setup();
      await assertions.revertWithCustomError(
        subnets.write.closeSubnet([1], { account: tenant.account }),
        subnets,
        "SubnetRegistry_NotOwner",
      );
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.withdrawStake([1], { account: gateway.account }),
        subnets,
        "SubnetRegistry_NothingThaws",
        [1],
      );
      await subnets.write.closeSubnet([1], { account: gateway.account });
      await assertions.revertWithCustomError(
        subnets.write.closeSubnet([1], { account: gateway.account }),
        subnets,
        "SubnetRegistry_SubnetIsClosed",
      );
      await assertions.revertWithCustomError(
        subnets.write.withdrawStake([1], { account: tenant.account }),
        subnets,
        "SubnetRegistry_NotOwner",
      );
    });

    it("keep the stake when the owner refuses the coin", async () => {
      const { subnets, market, stranger } = await setup();
      const owner = await viem.deployContract("HostileReceiver", [market.address]);
      const call = async (functionName: "closeSubnet" | "withdrawStake") =>
        await owner.write.execute([subnets.address, encodeFunctionData({ abi, functionName, args: [2] })], {
          account: stranger.account,
        });
      await owner.write.execute(
        [
          subnets.address,
          encodeFunctionData({
            abi,
            functionName: "registerSubnet",
            args: [subnetSettings(stranger.account.address)],
          }),
        ],
        { account: stranger.account, value: STAKE },
      );
      await call("closeSubnet");
      await networkHelpers.time.increase(THAW_SECONDS);
      const simulated = subnets.simulate.withdrawStake([2], { account: owner.address });
      await assertions.revertWithCustomErrorWithArgs(
        simulated.then(({ result }) => result as never),
        subnets,
        "SubnetRegistry_TransferFailed",
        [getAddress(owner.address), STAKE],
      );
      await owner.write.setMood([2]);
      await assertions.balancesHaveChanged(call("withdrawStake"), [
        { address: owner.address, amount: STAKE },
      ]);
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployMarket);
  }
});
