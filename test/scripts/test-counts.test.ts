import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { inRoot } from "../../scripts/lib/paths.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import {
  addCounts,
  atLeastOneFailure,
  countHardhat,
  type Counts,
  describeFailures,
  emptyCounts,
} from "../../scripts/lib/test-counts.ts";

/** As Hardhat prints it. */
const REPORT = `Running Mocha tests


  NodeRegistry
    ✔ registers
    1) slashes
    - waits


  1 passing (109ms)
  1 pending
  1 failing

  1) NodeRegistry
       slashes:
     AssertionError: expected 1n to equal 2n
      at Context.<anonymous> (test/contracts/node-registry.test.ts:3:31)




2 passing (2 mocha)
1 failing (1 mocha)
`;

describe("the counts of tests", () => {
  it("read Hardhat's report, with what failed", () => {
    const counts = countHardhat(REPORT);
    expect(counts).to.include({ passed: 1, failed: 1, skipped: 1 });
    expect(describeFailures(counts)).to.contain("AssertionError: expected 1n to equal 2n");
  });

  it("take a process that died for a failure, and tell which", () => {
    const counts = atLeastOneFailure(emptyCounts(), 139, "test/unit");
    expect(counts.failed).to.equal(1);
    expect(describeFailures(counts)).to.contain("test/unit ended with status 139.");
    expect(atLeastOneFailure(emptyCounts(), 0, "test/unit").failed).to.equal(0);
  });

  it("tell what failed once more, and only so much of it", () => {
    const sum = emptyCounts();
    for (let n = 0; n < 50; n += 1) {
      addCounts(sum, { passed: 0, failed: 1, skipped: 0, failures: [`no. ${n}: ${"x".repeat(5_000)}`] });
    }
    const text = describeFailures(sum);
    expect(sum.failed).to.equal(50);
    expect(text).to.contain("no. 39:").and.contain("and 10 more").and.not.contain("no. 40:");
    expect(text.length).to.be.below(100_000);
    expect(describeFailures(emptyCounts())).to.equal("");
  });

  it("come from mocha with the name, the place and the words of each failure", async () => {
    const folder = await createTempDir("reporter");
    try {
      const [file, counts] = [join(folder.path, "some.test.cjs"), join(folder.path, "counts.json")];
      await writeFile(
        file,
        `describe("a door", () => {
          it("opens", () => undefined);
          it("closes", () => { throw new Error("it is stuck"); });
          it("locks");
        });`,
      );
      const reporter = [
        "--reporter",
        inRoot("scripts/lib/mocha-reporter.cjs"),
        "--reporter-option",
        `counts=${counts}`,
      ];
      const argv = [inRoot("node_modules/mocha/bin/mocha.js"), "--no-config", ...reporter, file];
      expect(spawnSync(process.execPath, argv, { timeout: 30_000 }).status).to.equal(1);
      const read = JSON.parse(await readFile(counts, "utf8")) as Counts;
      expect(read).to.include({ passed: 1, failed: 1, skipped: 1 });
      expect(read.failures).to.have.length(1);
      expect(read.failures[0])
        .to.contain("a door closes")
        .and.contain("it is stuck")
        .and.contain("some.test.cjs");
    } finally {
      await folder.stop();
    }
  });
});
