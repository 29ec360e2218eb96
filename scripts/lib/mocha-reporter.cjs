// Mocha's usual report, and its counts as JSON in the file that the option `counts` names.
const { writeFileSync } = require("node:fs");
const mocha = require("mocha");

/** After its last test a process ends by itself in this time, or what a test left open holds up all others. */
const EXIT_WITHIN_MS = 60_000;

function endHeldUp() {
  process.stderr.write(
    `All tests have ended, and something that they left open holds this process up: ${process.getActiveResourcesInfo().join(", ")}.\n`,
  );
  process.exit(1);
}

module.exports = class CountingReporter extends mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = options?.reporterOptions?.counts;
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      if (file) writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
      setTimeout(endHeldUp, EXIT_WITHIN_MS).unref();
    });
  }
};
