/** A part of all tests. */
export interface Part {
  readonly name: string;
  /** Of files. Each pattern is run by a mocha of its own, all at the same time; of contracts Hardhat knows the files. */
  readonly patterns: readonly string[];
}

/** In the order in which they run. */
export const PARTS: readonly Part[] = [
  { name: "contracts", patterns: [] },
  {
    name: "unit",
    patterns: [
      "test/{protocol,cli,web,scripts}/**/*.test.ts",
      "test/node-agent/**/*.test.ts",
      "test/relayer/**/*.test.ts",
    ],
  },
  {
    name: "integration",
    patterns: ["test/{compliance,integration}/**/*.test.ts", "test/swarm/**/*.test.ts"],
  },
  // Blocks, restarts and outages are waited for: tests on one network leave time for those with networks of their own.
  { name: "e2e", patterns: ["test/e2e/*.test.ts", "test/e2e/own/**/*.test.ts"] },
  // It looks at everything that is on the engine.
  { name: "start", patterns: ["test/e2e/alone/**/*.test.ts"] },
  { name: "browser", patterns: ["test/browser/**/*.test.ts"] },
];
