import { expect } from "chai";
import { network } from "hardhat";
import { encodeAbiParameters, keccak256, parseAbiParameters } from "viem";
import { type RoundLeaf, roundLeafHash } from "@fizz/protocol/capacity";
import { addressOf, LEASE_RESOURCES, REASON, resources } from "../support/contracts/market-fixture.ts";
import { deployCapacity, FAULT, POINTS, type WorkChanges } from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("CapacityRounds: claims and order", () => {
  describe("proveOverclaim", () => {
    const tooMuch: Record<string, WorkChanges["answer"]> = {
      threads: { threads: 9 },
      GPUs: { gpuUnits: 3 },
      "CPU tier": { cpuTier: 4 },
      "GPU tier": { gpuUnits: 1, gpuTier: 3 },
    };
    for (const [what, answer] of Object.entries(tooMuch)) {
      it(`convicts a node that claims more than it registers: ${what}`, async () => {
        const { rounds, claimed, reporter, sleepUntil } = await setup();
        const { exhibit, posted, opened } = await claimed(answer);
        const id = await rounds.read.verdictIdOf([FAULT.falseCapacity, 1n, 1, 1]);
        await assertions.emitWithArgs(
          rounds.write.proveOverclaim([exhibit, []], { account: reporter.account }),
          rounds,
          "VerdictReached",
          [id, FAULT.falseCapacity, 1n, 1, 1, addressOf(reporter)],
        );
        expect(await rounds.read.rootStateOf([1, 1])).to.deep.equal([
          BigInt(exhibit.opening.leaf.points),
          false,
          false,
        ]);
        await assertions.revertWithCustomErrorWithArgs(
          rounds.write.proveOverclaim([exhibit, []]),
          rounds,
          "CapacityRounds_AlreadyDecided",
          [id],
        );
        await sleepUntil(opened.finalAt + 1);
        await rounds.write.finalise([posted]);
        expect(await rounds.read.provenPointSecondsOf([1])).to.equal(BigInt(POINTS * 3_600));
      });
    }

    it("convicts a node that claims memory it does not register", async () => {
      const { rounds, claimed, nodes, nodeOwner } = await setup();
      await nodes.write.setResources(
        [1n, resources({ milliCpu: 8_000, memoryMiB: 1_023, gpuUnits: 1, gpuModel: 7 })],
        {
          account: nodeOwner.account,
        },
      );
      const { exhibit } = await claimed({});
      await rounds.write.proveOverclaim([exhibit, []]);
      expect((await rounds.read.rootStateOf([1, 1]))[0]).to.equal(BigInt(POINTS));
    });

    it("convicts a node that claims what leases reserve", async () => {
      const { rounds, claimed, startLease } = await setup();
      const leases = [await startLease(LONG), await startLease(LONG), await startLease(LONG)].map(
        ({ lid }) => lid,
      );
      const { exhibit } = await claimed({});
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.proveOverclaim([exhibit, leases.slice(1)]),
        rounds,
        "CapacityRounds_ClaimFree",
        [1n],
      );
      await rounds.write.proveOverclaim([exhibit, leases]);
      expect((await rounds.read.rootStateOf([1, 1]))[0]).to.equal(BigInt(POINTS));
    });

    it("convicts nobody of all that is free, to the thread and to the MiB", async () => {
      const { rounds, claimed, startLease } = await setup();
      const { lid } = await startLease(LONG);
      const { exhibit } = await claimed({ threads: 6, memoryMiB: 6_144, gpuUnits: 1 });
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.proveOverclaim([exhibit, [lid]]),
        rounds,
        "CapacityRounds_ClaimFree",
        [1n],
      );
    });

    it("does not look at the tier of GPUs that are not claimed", async () => {
      const { rounds, claimed } = await setup();
      const { exhibit } = await claimed({ gpuTier: 11 });
      await assertions.revertWithCustomError(
        rounds.write.proveOverclaim([exhibit, []]),
        rounds,
        "CapacityRounds_ClaimFree",
      );
    });

    it("counts a lease only while it surely reserved something, and once", async () => {
      const fixture = await setup();
      const { rounds, startLease, openLease, claimed, market, tenant, secondOperator } = fixture;
      const { makeQuote, signQuote, terms } = fixture;
      const { lid: before } = await startLease(LONG);
      const { lid: closed } = await startLease(LONG);
      const unstarted = await openLease();
      const { lid: poor } = await startLease({
        prepaidSeconds: 60,
        quote: { resources: resources({ milliCpu: 100, memoryMiB: 1 }) },
      });
      const foreign = await openForeignLease();
      await market.write.close([closed, REASON.tenant], { account: tenant.account });
      const { exhibit } = await claimed({});
      const { lid: after } = await startLease(LONG);
      for (const lid of [closed, unstarted, poor, foreign, after, 99n]) {
        await refused([lid], lid);
      }
      await refused([before, before], before);
      await refused([after, before], after);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.proveOverclaim([exhibit, Array.from({ length: 33 }, (_, at) => BigInt(at))]),
        rounds,
        "CapacityRounds_TooManyLeases",
        [33n, 32n],
      );

      async function refused(lids: bigint[], lid: bigint): Promise<void> {
        await assertions.revertWithCustomErrorWithArgs(
          rounds.write.proveOverclaim([exhibit, lids]),
          rounds,
          "CapacityRounds_LeaseNotCounted",
          [lid],
        );
      }
      async function openForeignLease(): Promise<bigint> {
        const quote = await makeQuote({ nodeId: 2n, resources: LEASE_RESOURCES });
        const signature = await signQuote(quote, secondOperator);
        await market.write.open([quote, signature, terms(90_000)], { account: tenant.account });
        const lid = await market.read.leaseCount();
        const { leaseHash } = await market.read.leaseOf([lid]);
        await market.write.confirmStart([lid, leaseHash], { account: secondOperator.account });
        return lid;
      }
    });

    it("wants a leaf that the node signed", async () => {
      const { rounds, postedRound } = await setup();
      const { exhibit, one } = await postedRound({ answer: { threads: 9 }, leaf: { points: 1 } });
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.proveOverclaim([exhibit(0, one), []]),
        rounds,
        "CapacityRounds_LeafFalse",
        [1n],
      );
    });

    it("is refused once the round is final", async () => {
      const { rounds, claimed, at } = await setup();
      const { exhibit, opened } = await claimed({ threads: 9 });
      await at(opened.finalAt + 1);
      await assertions.revertWithCustomError(
        rounds.write.proveOverclaim([exhibit, []]),
        rounds,
        "CapacityRounds_TooLate",
      );
    });
  });

  describe("proveDisorder", () => {
    it("convicts a gateway that has a node twice", async () => {
      const { rounds, openRound, work, postRoot } = await setup();
      await openRound();
      const one = await work(1n);
      const pair = pairOf(one.leaf, one.leaf);
      const posted = await postRoot(pair.root);
      const id = await rounds.read.verdictIdOf([FAULT.falseRoot, 0n, 1, 1]);
      await assertions.emitWithArgs(
        rounds.write.proveDisorder([posted, pair.left, pair.right]),
        rounds,
        "VerdictReached",
        [id, FAULT.falseRoot, 1n, 1, 1, () => true],
      );
      expect((await rounds.read.rootStateOf([1, 1]))[1]).to.equal(true);
    });

    it("convicts a gateway whose leaves are in the wrong order", async () => {
      const { rounds, openRound, work, postRoot } = await setup();
      await openRound();
      const pair = pairOf((await work(2n)).leaf, (await work(1n)).leaf);
      const posted = await postRoot(pair.root);
      await rounds.write.proveDisorder([posted, pair.left, pair.right]);
      await assertions.revertWithCustomError(
        rounds.write.proveDisorder([posted, pair.left, pair.right]),
        rounds,
        "CapacityRounds_AlreadyDecided",
      );
    });

    it("convicts nobody of leaves in order", async () => {
      const { rounds, postedRound } = await setup();
      const { posted, openLeaf } = await postedRound();
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.proveDisorder([posted, openLeaf(0), openLeaf(1)]),
        rounds,
        "CapacityRounds_InOrder",
        [1n, 2n],
      );
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.proveDisorder([posted, openLeaf(1), openLeaf(0)]),
        rounds,
        "CapacityRounds_WrongOrder",
        [1, 0],
      );
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.proveDisorder([posted, openLeaf(1), openLeaf(1)]),
        rounds,
        "CapacityRounds_WrongOrder",
        [1, 1],
      );
    });

    it("is refused once the round is final", async () => {
      const { rounds, openRound, work, postRoot, at } = await setup();
      const { finalAt } = await openRound();
      const one = await work(1n);
      const pair = pairOf(one.leaf, one.leaf);
      const posted = await postRoot(pair.root);
      await at(finalAt + 1);
      await assertions.revertWithCustomError(
        rounds.write.proveDisorder([posted, pair.left, pair.right]),
        rounds,
        "CapacityRounds_TooLate",
      );
    });
  });

  const LONG = { prepaidSeconds: 90_000 };

  /** A tree of two leaves in the order given, which RoundTree would not make. */
  function pairOf(left: RoundLeaf, right: RoundLeaf) {
    const [a, b] = [roundLeafHash(left), roundLeafHash(right)];
    const [x, y] = [BigInt(left.points), BigInt(right.points)];
    const root = keccak256(
      encodeAbiParameters(parseAbiParameters("bytes32, uint64, bytes32, uint64"), [a, x, b, y]),
    );
    return {
      root: { root, leafCount: 2, totalPoints: x + y },
      left: { leaf: left, index: 0, hashes: [b], sums: [y] },
      right: { leaf: right, index: 1, hashes: [a], sums: [x] },
    };
  }

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployCapacity);
    const { postedRound } = fixture;
    return {
      ...fixture,
      /** A round in which node 1 claims something, signed and weighed as it should be. */
      claimed: async (answer: WorkChanges["answer"]) => {
        const round = await postedRound(answer === undefined ? {} : { answer });
        return { ...round, exhibit: round.exhibit(0, round.one) };
      },
    };
  }
});
