/**
 * The contracts' rules: none is larger than a chain takes, none loops without a bound that is written down, every
 * error carries values or says why not, every function of an interface states its requirements. `npm run check`.
 */
import { glob, readFile } from "node:fs/promises";
import { findRuleBreaks } from "./lib/contracts/contract-rules.ts";
import { parseContracts } from "./lib/contracts/solidity-ast.ts";
import { inRoot, ROOT } from "./lib/paths.ts";

const MAX_BYTES = 24_576;

async function findOversized(): Promise<string[]> {
  const problems: string[] = [];
  for await (const path of glob("artifacts/contracts/**/*.sol/*.json", { cwd: ROOT })) {
    if (path.includes("/mocks/")) continue;
    const artifact = JSON.parse(await readFile(inRoot(path), "utf8")) as { deployedBytecode?: string };
    const bytes = ((artifact.deployedBytecode ?? "0x").length - 2) / 2;
    if (bytes > MAX_BYTES) problems.push(`${path}: ${bytes} bytes, ${MAX_BYTES} fit`);
  }
  return problems;
}

const rules = JSON.parse(await readFile(inRoot("scripts/contract-rules.json"), "utf8")) as {
  loops: Record<string, string>;
  errorsWithoutValues: Record<string, string>;
};
const problems = [...(await findOversized()), ...findRuleBreaks(await parseContracts(), rules)];
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
