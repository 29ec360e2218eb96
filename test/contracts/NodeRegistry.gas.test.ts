import { expect } from "chai";
import { network } from "hardhat";
import { type Hash, toHex } from "viem";
import { consentTypedData } from "@fizz/protocol/typed-data";
import { addressOf, FEE, registration, STAKE, subnetSettings } from "../support/contracts/market-fixture.ts";
import { DAY, deployRegistries, MODE } from "../support/contracts/registry-fixture.ts";

const { networkHelpers } = await network.create();

/** Gas of whole transactions, from receipts. The ceilings hold what is reached. */
const CEILINGS = {
  "register node, with consent": 90_000,
  "register node, its own operator": 84_000,
  "register node, first of its region": 135_000,
  "bond, first": 66_000,
  "bond, again": 49_000,
  thawBond: 45_000,
  "lockBond, first": 62_000,
  slashBond: 70_000,
  "slashBond, suspends": 100_000,
  joinSubnet: 90_000,
  registerSubnet: 330_000,
  addStake: 49_000,
  slashStake: 70_000,
} as const;
type Operation = keyof typeof CEILINGS;

describe("gas of the registries", () => {
  it("stays below the ceilings", async () => {
    const world = await networkHelpers.loadFixture(deployRegistries);
    const { nodes, subnets, stranger, tenant, other, gateway, slasher, publicClient, domains } = world;
    const measured = new Map<Operation, number>();
    const measure = async (operation: Operation, transaction: Promise<Hash>) => {
      const receipt = await publicClient.getTransactionReceipt({ hash: await transaction });
      measured.set(operation, Number(receipt.gasUsed));
    };
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
    await measure("joinSubnet", nodes.write.joinSubnet([5n, 1, 2_000], { account }));
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

    process.stdout.write(
      `${[...measured].map(([name, gas]) => `      ${name.padEnd(36)}${gas.toLocaleString("en").padStart(9)}`).join("\n")}\n`,
    );
    for (const [operation, ceiling] of Object.entries(CEILINGS)) {
      expect(measured.get(operation as Operation), operation).to.be.at.most(ceiling);
    }
  });
});
