import { expect } from "chai";
import { findNodes } from "../../../web/src/features/nodes/find-nodes.ts";
import type { NodeRow } from "../../../web/src/features/nodes/node-row.ts";

const rows = [
  { nodeId: "1", state: "online", mode: "fizz", region: "germany", cpuTier: "Medium 1", gpu: "none" },
  { nodeId: "12", state: "busy", mode: "provider", region: "us-east", cpuTier: "Ultra 2", gpu: "RTX 4090" },
  { nodeId: "112", state: "offline", mode: "fizz", region: "germany", cpuTier: "Entry 1", gpu: "2 × H100" },
] as unknown as readonly NodeRow[];

describe("findNodes", () => {
  it("leaves all while nothing is looked for", () => {
    expect(findNodes(rows, "  ")).to.equal(rows);
  });

  for (const [text, ids] of [
    ["GERMANY", ["1", "112"]],
    ["germany h100", ["112"]],
    ["rtx", ["12"]],
    ["fizz online", ["1"]],
    ["12", ["12", "112"]],
    ["#12", ["12"]],
    ["#12 germany", []],
  ] as const)
    it(`finds ${ids.length} with "${text}"`, () => {
      expect(findNodes(rows, text).map(({ nodeId }) => nodeId)).to.deep.equal(ids);
    });

  it("does not join what stands in two columns", () => {
    expect(findNodes(rows, "onlinefizz")).to.deep.equal([]);
  });
});
