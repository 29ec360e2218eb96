import { network } from "hardhat";
import { leaseTree } from "@fizz/protocol/typed-data";
import { GasMeasures } from "../support/contracts/gas-measures.ts";
import { DEPOSIT, deploySlasher, FAULT, LEASE_HASH } from "../support/contracts/slasher-fixture.ts";

const { networkHelpers } = await network.create();

const PROOF = leaseTree([LEASE_HASH]).proofOf(LEASE_HASH) ?? [];

/** Whole transactions, from receipts, held by the snapshot. `UPDATE_GAS=1` writes what is measured. */
describe("Slasher: gas", () => {
  it("is what the snapshot says", async () => {
    const fixture = await networkHelpers.loadFixture(deploySlasher);
    const { slasher, publicClient, tenant, gateway, operator, stranger, nodes, market } = fixture;
    const measures = new GasMeasures("gas-snapshot-slasher.json");
    const measure = measures.from(publicClient);
    const later = async (until: number) => {
      if ((await fixture.now()) <= until) await networkHelpers.time.increaseTo(until + 1);
    };

    await market.write.setNoShow([3n]);
    const bare = await fixture.file(
      measure(
        "report a missed start, no bond",
        slasher.write.reportNoShow([3n], { account: stranger.account }),
      ),
    );
    await market.write.setNoShow([1n]);
    const missed = await fixture.file(
      measure(
        "report a missed start, with lock",
        slasher.write.reportNoShow([1n], { account: stranger.account }),
      ),
    );
    const verdict = await fixture.verdict(FAULT.falseRoot);
    const root = await fixture.file(
      measure("report a false root, first of a subnet", slasher.write.reportVerdict([verdict])),
    );
    const abandoned = await fixture.file(
      measure(
        "report an abandonment",
        slasher.write.reportAbandonment([2n], { account: tenant.account, value: DEPOSIT }),
      ),
    );
    const pulse = await fixture.makePulse({ nodeId: 2n });
    await nodes.write.setJoined([2n, 1, true]);
    const signatures = [
      await fixture.signPulse(pulse, operator),
      await fixture.signPulse(pulse, gateway),
    ] as const;
    await measure("appeal", slasher.write.appeal([abandoned.report, pulse, ...signatures, PROOF]));
    const again = await fixture.abandonment(2n);
    await measure(
      "compensate",
      slasher.write.compensate([again.report], { value: again.report.amount, account: stranger.account }),
    );
    await later(missed.report.appealUntil);
    await measure("settle, rewards and bond, first credit", slasher.write.settle([missed.report]));
    await measure("settle, nothing there", slasher.write.settle([bare.report]));
    await later(root.report.appealUntil);
    await measure("settle, stake of a gateway, first credit", slasher.write.settle([root.report]));
    const second = await fixture.verdict(FAULT.omission, { nodeId: 2n });
    const omission = await fixture.file(
      measure("report an omission, again", slasher.write.reportVerdict([second])),
    );
    await later(omission.report.appealUntil);
    await measure("settle, stake of a gateway, again", slasher.write.settle([omission.report]));
    await measure("withdraw", slasher.write.withdraw({ account: tenant.account }));
    const { claim } = await fixture.claimDowntime();
    const until = claim.fromAt + claim.duration;
    const receipt = await fixture.signService({ from: claim.fromAt, until }, tenant);
    await measure("void a claim", slasher.write.voidClaim([claim, claim.fromAt, until, receipt]));

    measures.hold();
  });
});
