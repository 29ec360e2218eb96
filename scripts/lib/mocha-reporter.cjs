// Mocha's usual report, and its counts and failures as JSON in the file that the option `counts` names.
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

/** Name, file and words of a failed test; the first lines of the stack say where. */
function describeFailure(test) {
  const words = test.err?.stack ?? test.err?.message ?? String(test.err);
  return `${test.fullTitle()}\n  ${test.file ?? ""}\n  ${words.split("\n").slice(0, 12).join("\n  ")}`;
}

module.exports = class CountingReporter extends mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = options?.reporterOptions?.counts;
    runner.once("end", () => {
      const { passes: passed, failures: failed, pending: skipped } = this.stats;
      const failures = this.failures.map(describeFailure);
      const write = (counts) =>
        file && writeFileSync(file, JSON.stringify({ passed, failed, skipped, failures, ...counts }));
      write();
      const heldUp = [...failures, "After its last test the process did not end by itself."];
      setTimeout(endHeldUp, EXIT_WITHIN_MS, () => write({ failed: failed + 1, failures: heldUp })).unref();
    });
  }
};
