// Mocha's usual report, and its counts as JSON in the file that the option `counts` names.
const { writeFileSync } = require("node:fs");
const mocha = require("mocha");

/** After its last test a process ends by itself in this time, or what a test left open holds up all others. */
const EXIT_WITHIN_MS = 60_000;

/** A failure: mocha answers for its own exit code, so it is the count that says so. */
function endHeldUp(tell) {
  process.stderr.write(
    `All tests have ended, and something that they left open holds this process up: ${process.getActiveResourcesInfo().join(", ")}.\n`,
  );
  tell();
  process.exit();
}

module.exports = class CountingReporter extends mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = options?.reporterOptions?.counts;
    runner.once("end", () => {
      const { passes: passed, failures: failed, pending: skipped } = this.stats;
      const write = (counts) => file && writeFileSync(file, JSON.stringify(counts));
      write({ passed, failed, skipped });
      setTimeout(endHeldUp, EXIT_WITHIN_MS, () => write({ passed, failed: failed + 1, skipped })).unref();
    });
  }
};
