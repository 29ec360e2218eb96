import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData, getAddress, parseEther, zeroAddress } from "viem";
import { DAY, DEPOSIT, deploySlasher, FAULT } from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const RULES = {
  deposit: parseEther("0.05"),
  reporterCutBps: 2_000,
  appealSeconds: DAY,
  lockSeconds: 4 * DAY,
};

describe("Slasher: rules and payouts", () => {
  it("the owner changes rules and pool within constants, nobody else", async () => {
    const { slasher, owner, stranger, tenant } = await setup();
    await slasher.write.setRules([RULES], { account: owner.account });
    expect(await slasher.read.currentRules()).to.deep.equal(RULES);
    await slasher.write.setPool([tenant.account.address], { account: owner.account });
    expect((await slasher.read.pool()).toLowerCase()).to.equal(tenant.account.address);
    for (const call of [
      slasher.write.setRules([RULES], { account: stranger.account }),
      slasher.write.setPool([stranger.account.address], { account: stranger.account }),
    ]) {
      await assertions.revertWithCustomError(call, slasher, "OwnableUnauthorizedAccount");
    }
    await assertions.revertWithCustomError(
      slasher.write.setPool([zeroAddress], { account: owner.account }),
      slasher,
      "Slasher_ZeroPool",
    );
  });

  for (const [rule, change, value, min, max] of [
    [
      "deposit",
      { deposit: parseEther("0.002") - 1n },
      parseEther("0.002") - 1n,
      parseEther("0.002"),
      parseEther("0.1"),
    ],
    [
      "deposit",
      { deposit: parseEther("0.1") + 1n },
      parseEther("0.1") + 1n,
      parseEther("0.002"),
      parseEther("0.1"),
    ],
    ["reporterCutBps", { reporterCutBps: 2_001 }, 2_001n, 0n, 2_000n],
    ["appealSeconds", { appealSeconds: DAY - 1 }, BigInt(DAY - 1), BigInt(DAY), BigInt(7 * DAY)],
    ["appealSeconds", { appealSeconds: 7 * DAY + 1 }, BigInt(7 * DAY + 1), BigInt(DAY), BigInt(7 * DAY)],
    ["lockSeconds", { lockSeconds: 4 * DAY - 1 }, BigInt(4 * DAY - 1), BigInt(4 * DAY), BigInt(14 * DAY)],
    ["lockSeconds", { lockSeconds: 14 * DAY + 1 }, BigInt(14 * DAY + 1), BigInt(4 * DAY), BigInt(14 * DAY)],
  ] as const) {
    it(`refuses ${rule} of ${value}`, async () => {
      const { slasher, owner } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        slasher.write.setRules([{ ...RULES, ...change }], { account: owner.account }),
        slasher,
        "Slasher_RuleOutOfRange",
        [rule, value, min, max],
      );
    });
  }

  it("pays each what it was credited, to itself alone, whoever calls", async () => {
    const { slasher, verdict, file, pool, stranger, tenant, publicClient } = await setup();
    const { report } = await file(slasher.write.reportVerdict([await verdict(FAULT.falseRoot)]));
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    const before = await publicClient.getBalance({ address: pool.account.address });
    await slasher.write.withdrawFor([pool.account.address], { account: tenant.account });
    expect((await publicClient.getBalance({ address: pool.account.address })) - before).to.equal(
      parseEther("0.45"),
    );
    await assertions.emitWithArgs(
      slasher.write.withdraw({ account: stranger.account }),
      slasher,
      "Withdrawn",
      [getAddress(report.reporter), parseEther("0.05")],
    );
    expect(await publicClient.getBalance({ address: slasher.address })).to.equal(0n);
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.withdrawFor([pool.account.address]),
      slasher,
      "Slasher_NothingToWithdraw",
      [getAddress(pool.account.address)],
    );
  });

  it("an account that refuses the coin keeps its balance, and harms nobody", async () => {
    const { slasher, verdict, file, owner, rounds } = await setup();
    await slasher.write.setPool([rounds.address], { account: owner.account });
    const { report } = await file(slasher.write.reportVerdict([await verdict(FAULT.falseRoot)]));
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.withdrawFor([rounds.address]),
      slasher,
      "Slasher_TransferFailed",
      [getAddress(rounds.address), parseEther("0.45")],
    );
    expect(await slasher.read.balanceOf([rounds.address])).to.equal(parseEther("0.45"));
  });

  it("takes coins from the registries alone", async () => {
    const { slasher, stranger } = await setup();
    await assertions.revertWithCustomErrorWithArgs(
      stranger.sendTransaction({ to: slasher.address, value: 1n, account: stranger.account }),
      slasher,
      "Slasher_NotRegistry",
      [getAddress(stranger.account.address)],
    );
  });

  it("knows the sender behind the forwarder, and believes nobody else", async () => {
    const { slasher, forwarder, tenant, stranger, publicClient } = await setup();
    const call = encodeFunctionData({ abi: slasher.abi, functionName: "reportAbandonment", args: [1n] });
    const data = `${call}${tenant.account.address.slice(2)}` as const;
    await assertions.revertWithCustomError(
      stranger.sendTransaction({ to: slasher.address, data, value: DEPOSIT, account: stranger.account }),
      slasher,
      "Slasher_NotTenant",
    );
    await forwarder.sendTransaction({
      to: slasher.address,
      data,
      value: DEPOSIT,
      account: forwarder.account,
    });
    expect(await publicClient.getBalance({ address: slasher.address })).to.equal(DEPOSIT);
  });

  it("keeps within the size of a contract", async () => {
    const { slasher, publicClient } = await setup();
    const code = (await publicClient.getCode({ address: slasher.address })) ?? "0x";
    expect((code.length - 2) / 2).to.be.at.most(24_576);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }
});
