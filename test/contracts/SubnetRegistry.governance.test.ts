import { expect } from "chai";
import { network } from "hardhat";
import { addressOf, SUBNET_CUT_BPS } from "../support/contracts/market-fixture.ts";
import { deployRegistries, MODE } from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const RULES = { admission: 0, acceptsFizz: true, acceptsProvider: true, minCpuTier: 0, minGpuTier: 0 };

describe("SubnetRegistry: governor and owner", () => {
  it("are one account until the governance is handed over", async () => {
    const { subnets, gateway, stranger } = await setup();
    expect(await subnets.read.governorOf([1])).to.equal(addressOf(gateway));
    await assertions.emitWithArgs(
      subnets.write.setGovernor([1, addressOf(stranger)], { account: gateway.account }),
      subnets,
      "GovernorChanged",
      [1, addressOf(stranger)],
    );
    expect((await subnets.read.subnetOf([1])).governor).to.equal(addressOf(stranger));
    expect((await subnets.read.cutOf([1]))[0]).to.equal(addressOf(gateway));
  });

  it("split: the governor sets cut and admission, and has no hand in stake, earnings or closing", async () => {
    const { subnets, gateway, stranger } = await setup();
    const governor = { account: stranger.account };
    await subnets.write.setGovernor([1, addressOf(stranger)], { account: gateway.account });
    await subnets.write.setCut([1, 100], governor);
    await subnets.write.setAdmissionRules([1, RULES], governor);
    await subnets.write.setAdmitted([1, 1n, true], governor);
    for (const call of [
      subnets.write.addStake([1], { ...governor, value: 1n }),
      subnets.write.thawStake([1, 1n], governor),
      subnets.write.withdrawStake([1], governor),
      subnets.write.closeSubnet([1], governor),
    ])
      await assertions.revertWithCustomErrorWithArgs(call, subnets, "SubnetRegistry_NotOwner", [
        1,
        addressOf(stranger),
      ]);
    await assertions.revertWithCustomErrorWithArgs(
      subnets.write.setEndpoints([1, "", "", ""], governor),
      subnets,
      "SubnetRegistry_NotOwnerOrOperator",
      [1, addressOf(stranger)],
    );
  });

  it("split: the owner no longer sets cut, admission and governor", async () => {
    const { subnets, gateway, stranger } = await setup();
    const owner = { account: gateway.account };
    await subnets.write.setGovernor([1, addressOf(stranger)], owner);
    for (const call of [
      subnets.write.setCut([1, 0], owner),
      subnets.write.setAdmissionRules([1, RULES], owner),
      subnets.write.setAdmitted([1, 1n, true], owner),
      subnets.write.setGovernor([1, addressOf(gateway)], owner),
    ])
      await assertions.revertWithCustomErrorWithArgs(call, subnets, "SubnetRegistry_NotGovernor", [
        1,
        addressOf(gateway),
      ]);
    await subnets.write.closeSubnet([1], owner);
  });

  describe("setAdmissionRules", () => {
    it("changes who may join from now on", async () => {
      const { subnets, gateway } = await setup();
      const rules = { ...RULES, admission: 1, acceptsFizz: false, minCpuTier: 5, minGpuTier: 255 };
      await assertions.emitWithArgs(
        subnets.write.setAdmissionRules([1, rules], { account: gateway.account }),
        subnets,
        "AdmissionRulesChanged",
        [1, rules],
      );
      expect(await subnets.read.subnetOf([1])).to.deep.include(rules);
      await subnets.write.setAdmissionRules([1, RULES], { account: gateway.account });
      expect(await subnets.read.subnetOf([1])).to.deep.include(RULES);
      expect((await subnets.read.subnetOf([1])).active).to.equal(true);
    });

    it("admits by mode, tiers and list", async () => {
      const { subnets, gateway } = await setup();
      const admits = async (mode: number, cpuTier: number, gpuTier: number) =>
        await subnets.read.isAdmitted([1, 1n, mode, cpuTier, gpuTier]);
      const set = async (changes: Partial<typeof RULES>) =>
        await subnets.write.setAdmissionRules([1, { ...RULES, ...changes }], { account: gateway.account });
      await set({ minCpuTier: 3, minGpuTier: 2 });
      expect(await admits(MODE.fizz, 3, 2)).to.equal(true);
      expect(await admits(MODE.fizz, 2, 2)).to.equal(false);
      expect(await admits(MODE.fizz, 3, 1)).to.equal(false);
      await set({ acceptsFizz: false });
      expect(await admits(MODE.fizz, 0, 0)).to.equal(false);
      expect(await admits(MODE.provider, 0, 0)).to.equal(true);
      expect(await admits(2, 0, 0)).to.equal(false);
      await set({ admission: 1 });
      expect(await admits(MODE.provider, 0, 0)).to.equal(false);
      await subnets.write.setAdmitted([1, 1n, true], { account: gateway.account });
      expect(await admits(MODE.provider, 0, 0)).to.equal(true);
    });

    it("keeps a node below the tiers out, and nodes that are in stay in", async () => {
      const { subnets, nodes, gateway, provider } = await setup();
      await subnets.write.setAdmissionRules([1, { ...RULES, minCpuTier: 4 }], { account: gateway.account });
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.joinSubnet([2n, 1, SUBNET_CUT_BPS], { account: provider.account }),
        nodes,
        "NodeRegistry_NotAdmitted",
        [2n, 1],
      );
      expect(await nodes.read.membershipOf([1n, 1])).to.deep.equal([true, SUBNET_CUT_BPS]);
      await subnets.write.setAdmissionRules([1, { ...RULES, minCpuTier: 3, minGpuTier: 2 }], {
        account: gateway.account,
      });
      await nodes.write.joinSubnet([2n, 1, SUBNET_CUT_BPS], { account: provider.account });
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRegistries);
  }
});
