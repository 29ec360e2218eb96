/** `npm run check`: every static check of the project, all of them even when one fails. */
import { availableParallelism, totalmem } from "node:os";
import { runCommand } from "./lib/run-command.ts";
import { buildContracts } from "./lib/build-steps.ts";
import { inLanes } from "./lib/in-lanes.ts";
import { inRoot } from "./lib/paths.ts";
import { withProgress } from "./lib/progress.js";
import { runMain } from "./lib/run-main.ts";

const MODULES = inRoot("node_modules");
const ROOMS = ["protocol", "relayer", "node-agent", "cli", "web/src", "scripts", "test", "bench", "ignition"];
const GIB = 2 ** 30;
/** Each check works on one core alone. Two that know all types at once take up to this much memory. */
const LANES = totalmem() < 12 * GIB ? 1 : Math.min(2, availableParallelism());
/** Half of it is used; Node's own limit is less, the less memory there is. */
const HEAP = "--max-old-space-size=6144";
const ESLINT = ["eslint/bin/eslint.js", "--max-warnings", "0"];

interface Check {
  readonly argv: readonly string[];
  /** Whether it reads what the compiler of the contracts writes. */
  readonly needsContracts?: boolean;
}

/** In the order in which they begin: the longest first, and what needs no contracts beside their compiler. */
const CHECKS: Readonly<Record<string, Check>> = {
  "lint (eslint)": { argv: [...ESLINT, ".", "--ignore-pattern", "test/**"], needsContracts: true },
  "types of the dApp (tsc)": { argv: ["typescript/bin/tsc", "-p", "web"] },
  "format (prettier)": { argv: ["prettier/bin/prettier.cjs", "--check", "."] },
  "imports (dependency-cruiser)": {
    argv: ["dependency-cruiser/bin/dependency-cruiser.mjs", "--config", ".dependency-cruiser.cjs", ...ROOMS],
  },
  "unused code (knip)": { argv: ["knip/bin/knip.js"] },
  "lint of the contracts (solhint)": {
    argv: ["solhint/solhint.js", "--noPoster", "--max-warnings", "0", "contracts/**/*.sol"],
  },
  "lint of the tests (eslint)": { argv: [...ESLINT, "test"], needsContracts: true },
  "types (tsc)": { argv: ["typescript/bin/tsc"], needsContracts: true },
  "rules of the contracts": { argv: ["../scripts/check-contract-sizes.ts"], needsContracts: true },
};

async function runCheck(
  name: string,
  { argv: [script = "", ...args] }: Check,
  signal: AbortSignal,
): Promise<boolean> {
  const argv = [process.execPath, HEAP, `${MODULES}/${script}`, ...args];
  const result = await withProgress(name, () => runCommand(argv, { signal }));
  const ok = result.status === 0;
  process.stdout.write(`${ok ? "ok    " : "FAILED"} ${name}\n`);
  if (!ok) process.stdout.write(`${result.stdout}${result.stderr}\n`);
  return ok;
}

await runMain(async ({ signal }) => {
  const contracts = buildContracts(signal);
  // Told by the checks that wait for it.
  contracts.catch(() => undefined);
  const checks = Object.entries(CHECKS);
  const ok = await inLanes(
    LANES,
    checks.map(([name, check]) => async () => {
      if (check.needsContracts === true) await contracts;
      return await runCheck(name, check, signal);
    }),
  );
  const failed = checks.map(([name]) => name).filter((_, index) => ok[index] !== true);
  const sum = `${checks.length - failed.length} checks passed, ${failed.length} failed`;
  process.stdout.write(failed.length === 0 ? `${sum}\n` : `${sum}: ${failed.join(", ")}\n`);
  return failed.length === 0 ? 0 : 1;
});
