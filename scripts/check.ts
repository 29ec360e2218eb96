/** `npm run check`: every static check of the project, all of them even when one fails. */
import { runCommand } from "./lib/run-command.ts";
import { buildContracts } from "./lib/build-steps.ts";
import { inRoot } from "./lib/paths.ts";
import { withProgress } from "./lib/progress.js";
import { runMain } from "./lib/run-main.ts";

const MODULES = inRoot("node_modules");
const ROOMS = ["protocol", "relayer", "node-agent", "cli", "web/src", "scripts", "test", "bench", "ignition"];
const CHECKS: Readonly<Record<string, readonly string[]>> = {
  "types (tsc)": ["typescript/bin/tsc"],
  "types of the dApp (tsc)": ["typescript/bin/tsc", "-p", "web"],
  "lint (eslint)": ["eslint/bin/eslint.js", ".", "--max-warnings", "0"],
  "lint of the contracts (solhint)": [
    "solhint/solhint.js",
    "--noPoster",
    "--max-warnings",
    "0",
    "contracts/**/*.sol",
  ],
  "format (prettier)": ["prettier/bin/prettier.cjs", "--check", "."],
  "imports (dependency-cruiser)": [
    "dependency-cruiser/bin/dependency-cruiser.mjs",
    "--config",
    ".dependency-cruiser.cjs",
    ...ROOMS,
  ],
  "unused code (knip)": ["knip/bin/knip.js"],
  "rules of the contracts": ["../scripts/check-contract-sizes.ts"],
};

await runMain(async ({ signal }) => {
  await buildContracts(signal);
  const failed: string[] = [];
  for (const [name, [script = "", ...args]] of Object.entries(CHECKS)) {
    const argv = [process.execPath, `${MODULES}/${script}`, ...args];
    const result = await withProgress(name, () => runCommand(argv, { signal }));
    const ok = result.status === 0;
    process.stdout.write(`${ok ? "ok    " : "FAILED"} ${name}\n`);
    if (ok) continue;
    failed.push(name);
    process.stdout.write(`${result.stdout}${result.stderr}\n`);
  }
  const sum = `${Object.keys(CHECKS).length - failed.length} checks passed, ${failed.length} failed`;
  process.stdout.write(failed.length === 0 ? `${sum}\n` : `${sum}: ${failed.join(", ")}\n`);
  return failed.length === 0 ? 0 : 1;
});
