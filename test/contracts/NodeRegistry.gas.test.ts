import { network } from "hardhat";
import { toHex } from "viem";
import { consentTypedData } from "@fizz/protocol/typed-data";
import { GasMeasures } from "../support/contracts/gas-measures.ts";
import { addressOf, FEE, registration, STAKE, subnetSettings } from "../support/contracts/market-fixture.ts";
import { DAY, deployRegistries, MODE } from "../support/contracts/registry-fixture.ts";

const { networkHelpers } = await network.create();

describe("gas of the registries", () => {
  it("is what the snapshot says", async () => {
    const world = await networkHelpers.loadFixture(deployRegistries);
    const { nodes, subnets, stranger, tenant, other, gateway, slasher, publicClient, domains } = world;
    const measures = new GasMeasures("gas-snapshot-registries.json");
    const measure = measures.from(publicClient);
    const words = registration(addressOf(stranger));
    const consent = await stranger.signTypedData({
      account: stranger.account,
      ...consentTypedData(domains.nodes, { owner: addressOf(tenant), operator: addressOf(stranger) }),
    });
    await measure(
      "register node, with consent",
      nodes.write.register([words, consent], { account: tenant.account, value: FEE }),
    );
    const own = { ...words, operator: addressOf(tenant), mode: MODE.provider };
    await measure(
      "register node, its own operator",
      nodes.write.register([own, "0x"], { account: tenant.account, value: FEE }),
    );
    const elsewhere = { ...words, operator: addressOf(other), region: toHex("elsewhere", { size: 16 }) };
    await measure(
      "register node, first of its region",
      nodes.write.register([elsewhere, "0x"], { account: other.account, value: FEE }),
    );
    const account = tenant.account;
    await measure("bond, first", nodes.write.bond([5n], { account, value: 10n ** 17n }));
    await measure("bond, again", nodes.write.bond([5n], { account, value: 10n ** 17n }));
    await measure("joinSubnet, first", nodes.write.joinSubnet([5n, 1, 2_000], { account }));
    await measure("setDraining, first", nodes.write.setDraining([5n, true], { account }));
    await nodes.write.setDraining([5n, false], { account });
    await measure("leaveSubnet", nodes.write.leaveSubnet([5n, 1], { account }));
    await measure("joinSubnet, again", nodes.write.joinSubnet([5n, 1, 2_000], { account }));
    await measure("thawBond", nodes.write.thawBond([5n, 10n ** 17n], { account }));
    const until = (await world.now()) + DAY;
    const by = { account: slasher.account };
    await measure("lockBond, first", nodes.write.lockBond([5n, 10n ** 16n, until], by));
    await nodes.write.cancelThaw([5n], { account });
    await measure("slashBond", nodes.write.slashBond([5n, 10n ** 16n], by));
    await measure("slashBond, suspends", nodes.write.slashBond([5n, 10n ** 17n], by));
    const settings = { ...subnetSettings(addressOf(stranger)), domain: "a.example" };
    await measure(
      "registerSubnet",
      subnets.write.registerSubnet([settings], { account: stranger.account, value: STAKE }),
    );
    await measure("addStake", subnets.write.addStake([1], { account: gateway.account, value: STAKE }));
    await measure("slashStake", subnets.write.slashStake([1, 10n ** 16n], by));

    measures.hold();
  });
});
