import { expect } from "chai";
import { network } from "hardhat";
import { keccak256, toHex, zeroHash } from "viem";
import { leaseTree, pulseTypedData } from "@fizz/protocol/typed-data";
import { deploySlasher, LEASE_HASH } from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();

/** What is signed lives once in protocol/typed-data. The slasher must mean the same bytes. */
describe("typed data of the slasher and of protocol/typed-data", () => {
  it("agree on the domain", async () => {
    const { slasher, domain } = await setup();
    const [, name, version, chainId, verifyingContract] = await slasher.read.eip712Domain();
    expect({
      name,
      version,
      chainId: Number(chainId),
      verifyingContract: verifyingContract.toLowerCase(),
    }).to.deep.equal({ ...domain, verifyingContract: domain.verifyingContract.toLowerCase() });
  });

  it("agree on Pulse: every field moves the hash in both", async () => {
    const { slasher, abandonment, makePulse, signPulse, operator, gateway } = await setup();
    const { report } = await abandonment();
    const pulse = await makePulse();
    const signed = [await signPulse(pulse, operator), await signPulse(pulse, gateway)] as const;
    const other = leaseTree([LEASE_HASH, zeroHash]);
    for (const [changed, proof] of [
      [{ ...pulse, leases: pulse.leases + 1 }, []],
      [{ ...pulse, at: pulse.at - 1 }, []],
      [{ ...pulse, subnetId: 2 }, []],
      [{ ...pulse, leaseRoot: other.root }, other.proofOf(LEASE_HASH) ?? []],
    ] as const) {
      await viem.assertions.revertWithCustomError(
        slasher.write.appeal([report, changed, ...signed, [...proof]]),
        slasher,
        "Slasher_BadNodeSignature",
      );
    }
    await slasher.write.appeal([report, pulse, ...signed, []]);
  });

  it("agree on ServiceReceipt: every field moves the hash in both", async () => {
    const { slasher, claimDowntime, signService, tenant } = await setup();
    const { claim } = await claimDowntime();
    const until = claim.fromAt + claim.duration;
    const signature = await signService({ from: claim.fromAt, until }, tenant);
    for (const [from, to] of [
      [claim.fromAt - 1, until],
      [claim.fromAt, until + 1],
    ] as const) {
      await viem.assertions.revertWithCustomError(
        slasher.write.voidClaim([claim, from, to, signature]),
        slasher,
        "Slasher_BadWitness",
      );
    }
    await slasher.write.voidClaim([claim, claim.fromAt, until, signature]);
  });

  it("agree on the tree of leases, of any size", async () => {
    const { slasher, abandonment, makePulse, signPulse, operator, gateway } = await setup();
    for (const size of [1, 2, 3, 5, 8]) {
      const leases = [LEASE_HASH, ...Array.from({ length: size - 1 }, (_, index) => keccak256(toHex(index)))];
      const tree = leaseTree(leases);
      const { report } = await abandonment();
      const pulse = await makePulse({}, leases);
      expect(pulse.leaseRoot).to.equal(tree.root);
      await slasher.write.appeal([
        report,
        pulse,
        await signPulse(pulse, operator),
        await signPulse(pulse, gateway),
        tree.proofOf(LEASE_HASH) ?? [],
      ]);
    }
    expect(leaseTree([]).root).to.equal(zeroHash);
    expect(leaseTree([LEASE_HASH]).proofOf(zeroHash)).to.equal(undefined);
  });

  it("name their contract: a pulse for another slasher is worth nothing here", async () => {
    const { slasher, abandonment, makePulse, signPulse, operator, gateway, domain, nodes } = await setup();
    const { report } = await abandonment();
    const pulse = await makePulse();
    const elsewhere = pulseTypedData({ ...domain, verifyingContract: nodes.address }, pulse);
    const foreign = await operator.signTypedData({ account: operator.account, ...elsewhere });
    await viem.assertions.revertWithCustomError(
      slasher.write.appeal([report, pulse, foreign, await signPulse(pulse, gateway), []]),
      slasher,
      "Slasher_BadNodeSignature",
    );
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }
});
