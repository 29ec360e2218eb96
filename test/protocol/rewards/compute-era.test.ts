import {
  computeEra,
  type EraData,
  eraOf,
  hashOfEraText,
  type NodeEra,
  parseEraData,
  publishEraData,
  rewardLeaf,
  rewardTree,
  splitBudget,
} from "@fizz/protocol/rewards";
import { ProtocolError } from "@fizz/protocol/errors";
import { amount } from "@fizz/protocol/units";
import { expect } from "chai";
import fc from "fast-check";
import { concat, type Hex, keccak256 } from "viem";
import { eraData, nextData, nodeRow } from "./sample.ts";

describe("splitBudget", () => {
  it("gives in proportion, rounded down, and nothing for a weight of zero", () => {
    const parts = splitBudget(
      amount(100n),
      new Map([
        [1n, 1n],
        [2n, 2n],
        [3n, 0n],
      ]),
    );
    expect([...parts]).to.deep.equal([
      [1n, 33n],
      [2n, 66n],
    ]);
    expect(splitBudget(amount(100n), new Map([[1n, 0n]])).size).to.equal(0);
  });

  it("never gives more than the budget, and leaves less than one wei per node", () => {
    const weights = fc.uniqueArray(fc.tuple(fc.bigInt(1n, 500n), fc.bigInt(0n, 2n ** 128n)), {
      selector: ([nodeId]) => nodeId,
      maxLength: 100,
    });
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 96n), weights, (budget, list) => {
        const parts = splitBudget(amount(budget), new Map(list));
        const sum = [...parts.values()].reduce((total, part) => total + part, 0n);
        const some = list.some(([, weight]) => weight > 0n);
        expect(sum <= budget).to.equal(true);
        expect(some ? budget - sum < BigInt(list.length) : sum === 0n).to.equal(true);
      }),
    );
  });
});

describe("rewardTree", () => {
  it("has a proof for every leaf, for any number of nodes", () => {
    for (let count = 1; count <= 40; count++) {
      const entries = Array.from({ length: count }, (_, i) => ({
        nodeId: BigInt(i + 1),
        cumulative: amount(BigInt(i * 7 + 1)),
      }));
      const tree = rewardTree(entries);
      for (const entry of entries)
        expect(rootFrom(rewardLeaf(entry), tree.proofOf(entry.nodeId) ?? [])).to.equal(tree.root);
      expect(tree.proofOf(99n)).to.equal(undefined);
    }
  });

  it("hashes a leaf twice", () => {
    const word = (value: bigint) => value.toString(16).padStart(64, "0");
    const once = keccak256(`0x${word(7n)}${word(9n)}`);
    expect(rewardLeaf({ nodeId: 7n, cumulative: amount(9n) })).to.equal(keccak256(once));
  });

  it("refuses no node, and a node twice", () => {
    const entry = { nodeId: 1n, cumulative: amount(1n) };
    expect(refusalOf(() => rewardTree([]))).to.equal("INPUT_INVALID");
    expect(refusalOf(() => rewardTree([entry, entry]))).to.equal("INPUT_INVALID");
  });
});

describe("computeEra", () => {
  it("splits use by leased point-seconds and liveness by points", () => {
    const { entries, cumulativeTotal, unspent } = computeEra(eraData());
    // 540 points and 40 points; node 3 passed no round.
    expect(entries).to.deep.equal([
      { nodeId: 1n, cumulative: 1_000n + (600n * 540n) / 580n },
      { nodeId: 2n, cumulative: (600n * 40n) / 580n },
    ]);
    expect(cumulativeTotal).to.equal(1_599n);
    expect(unspent).to.equal(1n);
  });

  it("goes on from the report before, and keeps nodes that are gone", () => {
    const first = eraData();
    const second = computeEra({ ...nextData(first), nodes: [nodeRow({ nodeId: 2n, era: 20_002 })] });
    expect(second.entries.map(({ nodeId }) => nodeId)).to.deep.equal([1n, 2n]);
    expect(second.entries[0]?.cumulative).to.equal(1_558n);
    expect(second.entries[1]?.cumulative).to.equal(41n + 600n);
    expect(second.unspent).to.equal(1_000n);
  });

  it("adds the rows of several eras", () => {
    const data = eraData({
      era: 20_002,
      nodes: [nodeRow(), nodeRow({ era: 20_002 }), nodeRow({ nodeId: 2n })],
    });
    expect(computeEra(data).entries).to.deep.equal([
      { nodeId: 1n, cumulative: 400n },
      { nodeId: 2n, cumulative: 200n },
    ]);
  });

  it("posts nothing when nobody ever got anything", () => {
    const { tree, unspent } = computeEra(eraData({ nodes: [] }));
    expect(tree).to.equal(undefined);
    expect(unspent).to.equal(1_600n);
  });

  it("stays within the budget, never lowers anybody, and does not care about the order", () => {
    fc.assert(
      fc.property(anyData(), anyData(), fc.infiniteStream(fc.nat()), (one, two, order) => {
        const first = computeEra(one);
        const data = { ...two, previous: first.entries };
        const second = computeEra(data);
        const budget = data.utilisationBudget + data.livenessBudget;
        expect(second.cumulativeTotal - first.cumulativeTotal + second.unspent).to.equal(budget);
        const after = new Map(second.entries.map((entry) => [entry.nodeId, entry.cumulative]));
        for (const { nodeId, cumulative } of first.entries)
          expect((after.get(nodeId) ?? 0n) >= cumulative).to.equal(true);
        const again = computeEra({
          ...data,
          nodes: shuffled(data.nodes, order),
          previous: shuffled(data.previous, order),
        });
        expect(again.tree?.root).to.equal(second.tree?.root);
      }),
      { numRuns: 60 },
    );
  });
});

describe("parseEraData", () => {
  it("reads what was published", () => {
    const data = nextData(eraData());
    const { text, dataHash, cid } = publishEraData(data);
    const wire: unknown = JSON.parse(text);
    expect(parseEraData(wire)).to.deep.equal(data);
    expect(hashOfEraText(text)).to.equal(dataHash);
    expect(cid).to.equal(`f01551220${dataHash.slice(2)}`);
    expect(publishEraData(parseEraData(wire))).to.deep.equal({ text, dataHash, cid });
  });

  it("refuses two rows of a node for one era, rows of other eras, unknown keys and what is out of range", () => {
    const wrong: readonly unknown[] = [
      eraData({ nodes: [nodeRow(), nodeRow()] }),
      eraData({ nodes: [nodeRow({ era: 20_000 })] }),
      eraData({ nodes: [nodeRow({ era: 20_002 })] }),
      eraData({ nodes: [nodeRow({ uptimeSeconds: 86_401 })] }),
      eraData({ nodes: [nodeRow({ shortfalls: { cpuBps: 10_001, memoryBps: 0, diskBps: 0, gpuBps: 0 } })] }),
      eraData({ utilisationBudget: amount(2n ** 96n) }),
      { ...eraData(), more: 1 },
      undefined,
    ];
    for (const data of wrong) expect(refusalOf(() => parseEraData(data))).to.equal("INPUT_INVALID");
  });
});

describe("eraOf", () => {
  it("changes at midnight UTC", () => {
    expect(eraOf(86_399)).to.equal(0);
    expect(eraOf(86_400)).to.equal(1);
    expect(eraOf(Date.UTC(2026, 10, 29, 12) / 1_000)).to.equal(20_786);
  });
});

function anyData(): fc.Arbitrary<EraData> {
  const row = fc
    .record({
      nodeId: fc.bigInt(1n, 20n),
      cpuThreads: fc.nat(64),
      gpuUnits: fc.nat(2),
      uptimeSeconds: fc.nat(86_400),
      passedRound: fc.boolean(),
      leasedPointSeconds: fc.bigInt(0n, 2n ** 80n),
    })
    .map((changes): NodeEra => nodeRow(changes));
  return fc
    .record({
      utilisationBudget: fc.bigInt(0n, 2n ** 90n).map(amount),
      livenessBudget: fc.bigInt(0n, 2n ** 90n).map(amount),
      nodes: fc.uniqueArray(row, { selector: ({ nodeId }) => nodeId, maxLength: 20 }),
    })
    .map(eraData);
}

function shuffled<T>(list: readonly T[], random: Iterator<number>): readonly T[] {
  return list
    .map((value) => ({ value, key: random.next().value as number }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

function rootFrom(leaf: Hex, proof: readonly Hex[]): Hex {
  return proof.reduce((a, b) => keccak256(a < b ? concat([a, b]) : concat([b, a])), leaf);
}

function refusalOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error instanceof ProtocolError ? error.code : error;
  }
}
