import {
  baseCentipoints,
  deliveryPpm,
  eraBudgets,
  type EraFacts,
  type NodeEra,
  nodeCentipoints,
} from "@fizz/protocol/rewards";
import { expect } from "chai";
import vectors from "../../vectors/rewards.json" with { type: "json" };

/** test/contracts/EraRewards.checkpoint.test.ts holds the contract to the same budgets. */
describe("vectors of the rewards", () => {
  for (const { name, hasGpu, shortfalls, ppm } of vectors.delivery)
    it(`delivery: ${name}`, () => {
      expect(deliveryPpm(shortfalls, hasGpu)).to.equal(BigInt(ppm));
    });

  for (const { name, node, base, points } of vectors.points)
    it(`points: ${name}`, () => {
      const row = { ...node, nodeId: 1n, era: 1, leasedPointSeconds: 0n } as NodeEra;
      expect(baseCentipoints(row)).to.equal(BigInt(base));
      expect(nodeCentipoints(row)).to.equal(BigInt(points));
    });

  for (const { name, facts, budgets } of vectors.budgets)
    it(`budgets: ${name}`, () => {
      const read = Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, BigInt(value)]));
      const expected = Object.fromEntries(
        Object.entries(budgets).map(([key, value]) => [key, BigInt(value)]),
      );
      expect(eraBudgets(read as unknown as EraFacts)).to.deep.equal(expected);
    });
});
