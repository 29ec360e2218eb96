import { expect } from "chai";
import { network } from "hardhat";
import { zeroAddress } from "viem";
import {
  addressOf,
  deployMarket,
  STAKE,
  SUBNET_CUT_BPS,
  subnetSettings,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const MAX_CUT_BPS = 2_000;
const NOTICE_SECONDS = 4 * 86_400;

describe("SubnetRegistry", () => {
  describe("registerSubnet", () => {
    it("stores the subnet and its stake", async () => {
      const { subnets, stranger, publicClient } = await setup();
      const before = await publicClient.getBalance({ address: subnets.address });
      const registered = subnets.write.registerSubnet([subnetSettings(stranger.account.address)], {
        account: stranger.account,
        value: STAKE + 7n,
      });
      const me = addressOf(stranger);
      await assertions.emitWithArgs(registered, subnets, "SubnetRegistered", [2, me, me, SUBNET_CUT_BPS]);
      await assertions.emit(registered, subnets, "EndpointsChanged");
      expect(await subnets.read.subnetOf([2])).to.deep.equal({
        ...subnetSettings(me),
        owner: me,
        governor: me,
        nextCutBps: 0,
        nextCutAt: 0,
        active: true,
        closed: false,
        registeredAt: await networkHelpers.time.latest(),
        stake: STAKE + 7n,
      });
      expect(await subnets.read.subnetIdOf([me])).to.equal(2);
      expect(await subnets.read.subnetCount()).to.equal(2);
      expect(await publicClient.getBalance({ address: subnets.address })).to.equal(before + STAKE + 7n);
    });

    it("is refused below the least stake", async () => {
      const { subnets, stranger } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.registerSubnet([subnetSettings(stranger.account.address)], {
          account: stranger.account,
          value: STAKE - 1n,
        }),
        subnets,
        "SubnetRegistry_StakeTooLow",
        [STAKE - 1n, STAKE],
      );
    });

    it("is refused above the largest cut", async () => {
      const { register, subnets } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        register({ cutBps: MAX_CUT_BPS + 1 }),
        subnets,
        "SubnetRegistry_CutTooHigh",
        [MAX_CUT_BPS + 1, MAX_CUT_BPS],
      );
    });

    it("is refused without a mode, without an operator, and with the operator of another", async () => {
      const { register, subnets, gateway } = await setup();
      await assertions.revertWithCustomError(
        register({ acceptsFizz: false, acceptsProvider: false }),
        subnets,
        "SubnetRegistry_NothingAccepted",
      );
      await assertions.revertWithCustomError(
        register({ operator: zeroAddress }),
        subnets,
        "SubnetRegistry_ZeroOperator",
      );
      await assertions.revertWithCustomErrorWithArgs(
        register({ operator: gateway.account.address }),
        subnets,
        "SubnetRegistry_OperatorTaken",
        [addressOf(gateway), 1],
      );
    });

    it("is refused with endpoints that are too long", async () => {
      const { register, subnets } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        register({ apiUrl: "a".repeat(257) }),
        subnets,
        "SubnetRegistry_TextTooLong",
        [257n, 256n],
      );
      await assertions.revertWithCustomErrorWithArgs(
        register({ multiaddrs: "a".repeat(1_025) }),
        subnets,
        "SubnetRegistry_TextTooLong",
        [1_025n, 1_024n],
      );
    });
  });

  describe("setEndpoints", () => {
    it("publishes new endpoints, for the owner and for the operator", async () => {
      const { subnets, register, stranger, operator } = await setup();
      await register({ operator: operator.account.address });
      for (const wallet of [stranger, operator]) {
        await assertions.emitWithArgs(
          subnets.write.setEndpoints([2, "http://new.example", "/ip4/192.0.2.1/tcp/1", "new.example"], {
            account: wallet.account,
          }),
          subnets,
          "EndpointsChanged",
          [2, "http://new.example", "/ip4/192.0.2.1/tcp/1", "new.example"],
        );
      }
      expect((await subnets.read.subnetOf([2])).apiUrl).to.equal("http://new.example");
    });

    it("is refused to others, for no subnet, and too long", async () => {
      const { subnets, gateway, tenant } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.setEndpoints([1, "", "", ""], { account: tenant.account }),
        subnets,
        "SubnetRegistry_NotOwnerOrOperator",
        [1, addressOf(tenant)],
      );
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.setEndpoints([9, "", "", ""], { account: tenant.account }),
        subnets,
        "SubnetRegistry_SubnetNotFound",
        [9],
      );
      await assertions.revertWithCustomError(
        subnets.write.setEndpoints([1, "a".repeat(257), "", ""], { account: gateway.account }),
        subnets,
        "SubnetRegistry_TextTooLong",
      );
    });
  });

  describe("setCut", () => {
    it("lowers the cut at once", async () => {
      const { subnets, gateway, now } = await setup();
      const lowered = subnets.write.setCut([1, 0], { account: gateway.account });
      await assertions.emitWithArgs(lowered, subnets, "CutChanged", [1, 0, (await now()) + 1]);
      expect(await subnets.read.cutOf([1])).to.deep.equal([addressOf(gateway), 0, true]);
    });

    it("raises the cut after the notice, not a second earlier", async () => {
      const { subnets, gateway, now } = await setup();
      await subnets.write.setCut([1, MAX_CUT_BPS], { account: gateway.account });
      const effectiveAt = (await now()) + NOTICE_SECONDS;
      expect(await subnets.read.subnetOf([1])).to.deep.include({
        cutBps: SUBNET_CUT_BPS,
        nextCutBps: MAX_CUT_BPS,
        nextCutAt: effectiveAt,
      });
      await networkHelpers.time.increaseTo(effectiveAt - 1);
      expect((await subnets.read.cutOf([1]))[1]).to.equal(SUBNET_CUT_BPS);
      await networkHelpers.time.increaseTo(effectiveAt);
      expect((await subnets.read.cutOf([1]))[1]).to.equal(MAX_CUT_BPS);
      expect(await subnets.read.subnetOf([1])).to.deep.include({
        cutBps: MAX_CUT_BPS,
        nextCutBps: 0,
        nextCutAt: 0,
      });
    });

    it("keeps what came into force when the next raise is announced", async () => {
      const { subnets, gateway } = await setup();
      await subnets.write.setCut([1, 1_500], { account: gateway.account });
      await networkHelpers.time.increase(NOTICE_SECONDS);
      await subnets.write.setCut([1, MAX_CUT_BPS], { account: gateway.account });
      expect((await subnets.read.cutOf([1]))[1]).to.equal(1_500);
      await networkHelpers.time.increase(NOTICE_SECONDS);
      expect((await subnets.read.cutOf([1]))[1]).to.equal(MAX_CUT_BPS);
    });

    it("drops an announced raise when the cut is lowered, and starts its notice anew when it is replaced", async () => {
      const { subnets, gateway, now } = await setup();
      await subnets.write.setCut([1, MAX_CUT_BPS], { account: gateway.account });
      await networkHelpers.time.increase(NOTICE_SECONDS - 100);
      await subnets.write.setCut([1, 1_900], { account: gateway.account });
      const effectiveAt = (await now()) + NOTICE_SECONDS;
      await networkHelpers.time.increaseTo(effectiveAt - 1);
      expect((await subnets.read.cutOf([1]))[1]).to.equal(SUBNET_CUT_BPS);
      await subnets.write.setCut([1, 900], { account: gateway.account });
      await networkHelpers.time.increase(10 * NOTICE_SECONDS);
      expect((await subnets.read.cutOf([1]))[1]).to.equal(900);
    });

    it("is refused above the largest cut, to others, and once closed", async () => {
      const { subnets, gateway, tenant } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.setCut([1, MAX_CUT_BPS + 1], { account: gateway.account }),
        subnets,
        "SubnetRegistry_CutTooHigh",
        [MAX_CUT_BPS + 1, MAX_CUT_BPS],
      );
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.setCut([1, 0], { account: tenant.account }),
        subnets,
        "SubnetRegistry_NotGovernor",
        [1, addressOf(tenant)],
      );
      await subnets.write.closeSubnet([1], { account: gateway.account });
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.setCut([1, 0], { account: gateway.account }),
        subnets,
        "SubnetRegistry_SubnetIsClosed",
        [1],
      );
    });
  });

  describe("setAdmitted", () => {
    it("opens and shuts an allow-list for one node", async () => {
      const { subnets, register, stranger } = await setup();
      await register({ admission: 1 });
      expect(await subnets.read.isAdmitted([2, 1n, 0, 0, 0])).to.equal(false);
      await assertions.emitWithArgs(
        subnets.write.setAdmitted([2, 1n, true], { account: stranger.account }),
        subnets,
        "NodeAdmitted",
        [2, 1n, true],
      );
      expect(await subnets.read.isAdmitted([2, 1n, 0, 0, 0])).to.equal(true);
      await subnets.write.setAdmitted([2, 1n, false], { account: stranger.account });
      expect(await subnets.read.isAdmitted([2, 1n, 0, 0, 0])).to.equal(false);
    });

    it("is refused to others", async () => {
      const { subnets, tenant } = await setup();
      await assertions.revertWithCustomError(
        subnets.write.setAdmitted([1, 1n, true], { account: tenant.account }),
        subnets,
        "SubnetRegistry_NotGovernor",
      );
    });
  });

  describe("isAdmitted", () => {
    it("follows the accepted modes", async () => {
      const { subnets, register } = await setup();
      await register({ acceptsProvider: false });
      expect(await subnets.read.isAdmitted([2, 1n, 0, 0, 0])).to.equal(true);
      expect(await subnets.read.isAdmitted([2, 1n, 1, 0, 0])).to.equal(false);
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { subnets, stranger } = fixture;
    const register = async (changes: Partial<ReturnType<typeof subnetSettings>>) =>
      await subnets.write.registerSubnet([{ ...subnetSettings(stranger.account.address), ...changes }], {
        account: stranger.account,
        value: STAKE,
      });
    return { ...fixture, register };
  }
});
