/**
 * `npm run prove:contracts`: proves the harnesses of test/proofs/ with solc's model checker, for every state and every
 * argument. Exits with 1 when one claim is not proved. docs/TESTING-CONTRACTS.md says what is assumed.
 */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { modelOfLibrary, type ModelOptions, modelOfTypes } from "./lib/contracts/library-model.ts";
import { modelCheck } from "./lib/contracts/model-checker.ts";
import { parseContracts } from "./lib/contracts/solidity-ast.ts";
import { ensureProgram } from "./lib/ensure-program.ts";
import { inRoot } from "./lib/paths.ts";
import { runMain } from "./lib/run-main.ts";
import { ScriptError } from "./lib/script-error.ts";

const Z3 = { paths: ["/usr/bin/z3", "/usr/local/bin/z3"], package: "z3" };
const QUERY_TIMEOUT_S = 60;
/** With its default arithmetic z3 does not find what this older one finds within a second. */
const Z3_OPTIONS = ["smt.arith.solver=2", `-T:${QUERY_TIMEOUT_S}`, "-in"];

interface Proof {
  readonly harness: string;
  readonly library: string;
  readonly model: ModelOptions;
}

const PROOFS: readonly Proof[] = [
  {
    harness: "EscrowLedgerProof",
    library: "EscrowLedger",
    model: {
      record: "book",
      functions: [
        "credit",
        "debit",
        "lock",
        "refund",
        "release",
        "collectNode",
        "collectSubnet",
        "_capped96",
        "_capped64",
      ],
      // Which subnet a node's earnings belong to is any function of their key.
      stubs: `mapping(uint256 node => uint256 subnet) internal subnetOf;
function subnetKeyOf(uint256 node) internal view returns (uint256) { return subnetOf[node]; }`,
    },
  },
  { harness: "LeaseBillingProof", library: "LeaseBilling", model: { record: "lease", functions: ["share"] } },
];

await runMain(async () => {
  const z3 = await ensureProgram(Z3);
  if (z3 === undefined) throw new ScriptError("NO_Z3", "z3 is missing: apt-get install z3.");
  const solve = (query: string): string =>
    spawnSync(z3, Z3_OPTIONS, { input: query, encoding: "utf8", maxBuffer: 1 << 28 }).stdout;
  const parsed = await parseContracts();
  let open = 0;
  for (const { harness, library, model } of PROOFS) {
    const source = parsed.find(({ path }) => path === `contracts/libraries/${library}.sol`);
    if (source === undefined) throw new ScriptError("NO_LIBRARY", `There is no library ${library}.`);
    const generated = {
      [`generated/${library}Model.sol`]: modelOfLibrary(source, model),
      "generated/LeaseRecord.sol": modelOfTypes(
        await readFile(inRoot("contracts/types/LeaseRecord.sol"), "utf8"),
      ),
    };
    const started = Date.now();
    const claims = await modelCheck({ harness, generated, solve });
    process.stdout.write(`\n${library} (${((Date.now() - started) / 1000).toFixed(0)} s)\n`);
    for (const { proved, line, text } of claims) {
      process.stdout.write(`${proved ? "proved    " : "NOT PROVED"}  ${harness}.sol:${line}  ${text}\n`);
    }
    open += claims.filter(({ proved }) => !proved).length;
    if (claims.length === 0) open += 1;
  }
  process.stdout.write(open === 0 ? "\nEvery claim is proved.\n" : `\n${open} claims are not proved.\n`);
  return open === 0 ? 0 : 1;
});
