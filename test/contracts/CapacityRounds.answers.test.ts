import { expect } from "chai";
import { network } from "hardhat";
import { keccak256 } from "viem";
import { capacityAnswerHash, capacityPointsOf, STANDARD_DIFFICULTY } from "@fizz/protocol/capacity";
import { deployCapacity } from "../support/contracts/capacity-fixture.ts";

const { networkHelpers } = await network.create();

/** What is signed lives once in protocol. The contract must mean the same bytes. */
describe("CapacityRounds and protocol/capacity", () => {
  describe("agree on answers", () => {
    it("hash and points, every field", async () => {
      const { rounds, openRound, work } = await setup();
      await openRound();
      const { answer } = await work(1n);
      const hashes = new Set<string>();
      const word = keccak256("0x02");
      for (const change of [
        {},
        { nodeId: 2n ** 64n - 1n },
        { subnetId: 9 },
        { seed: word },
        { threads: 1 },
        { threads: 1_024, memoryMiB: 1_024 },
        { threads: 1_025, memoryMiB: 1_025 },
        { threads: 0 },
        { memoryMiB: 4_096 },
        { memoryMiB: 4_097 },
        { memoryMiB: 0 },
        { memoryMiB: 1, threads: 128 },
        { memoryMiB: 1, threads: 129 },
        { gpuUnits: 65_535, gpuTier: 11 },
        { gpuUnits: 3 },
        { cpuTier: 11 },
        { cpuTier: 0 },
        { cpuTier: 65_535 },
        { gpuTier: 12, gpuUnits: 1 },
        { cpuRoot: word },
        { memoryRoot: word },
        { offChainRoot: word },
      ]) {
        const changed = { ...answer, ...change };
        const hash = capacityAnswerHash(changed);
        expect(await rounds.read.answerHashOf([changed])).to.equal(hash);
        expect(
          await rounds.read.pointsOf([changed]),
          JSON.stringify(change, (_, v: unknown) => String(v)),
        ).to.equal(capacityPointsOf(changed, STANDARD_DIFFICULTY));
        hashes.add(hash);
      }
      expect(hashes.size).to.equal(22);
    });

    it("the domain", async () => {
      const { rounds, domain } = await setup();
      const [, name, version, chainId, verifyingContract] = await rounds.read.eip712Domain();
      expect({
        name,
        version,
        chainId: Number(chainId),
        verifyingContract: verifyingContract.toLowerCase(),
      }).to.deep.equal({
        ...domain,
        verifyingContract: domain.verifyingContract.toLowerCase(),
      });
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployCapacity);
  }
});
