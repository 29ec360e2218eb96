import { globSync } from "node:fs";
import { expect } from "chai";
import { ROOT } from "../../scripts/lib/paths.ts";
import { PARTS } from "../../scripts/lib/test-parts.ts";

/** Hardhat runs the ones, `npm run test:deep` the others. */
const ELSEWHERE = /^test\/(contracts|deep)\//;

describe("the parts of npm test", () => {
  it("have every test file, and each one once", () => {
    const all = globSync("test/**/*.test.ts", { cwd: ROOT });
    const found: string[] = [];
    for (const pattern of PARTS.flatMap(({ patterns }) => patterns)) {
      const files = globSync(pattern, { cwd: ROOT });
      expect(files, pattern).not.to.deep.equal([]);
      found.push(...files);
    }
    expect(found.toSorted()).to.deep.equal(all.filter((path) => !ELSEWHERE.test(path)).toSorted());
  });
});
