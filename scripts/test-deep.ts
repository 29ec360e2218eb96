/** `npm run test:deep`: what takes too long for `npm test`. Every part runs, whatever the others say. */
import { inRoot } from "./lib/paths.ts";
import { runCommand } from "./lib/run-command.ts";
import { runMain } from "./lib/run-main.ts";

const HARDHAT = "node_modules/hardhat/dist/src/cli.js";
const MOCHA = "node_modules/mocha/bin/mocha.js";
const PARTS: Readonly<Record<string, readonly string[]>> = {
  "fuzz 10,000 runs, invariants 1000 x 100": [HARDHAT, "test", "solidity", "--test-profile", "deep"],
  "100,000 inputs to a gateway": [MOCHA, "--exit", "test/deep/fuzz-gateway.test.ts"],
  "200 faults to a node": [MOCHA, "--exit", "test/deep/faults-agent.test.ts"],
  "100,000 inputs to a node": [MOCHA, "--expose-gc", "--exit", "test/deep/fuzz-agent.test.ts"],
  "20 ends in the middle of writing the history": [MOCHA, "--exit", "test/deep/history-kill.test.ts"],
  "managers and machines of a swarm": [MOCHA, "--exit", "test/deep/swarm-managers.test.ts"],
  "a kill of a node's program at each step": [MOCHA, "--exit", "test/deep/kill-agent.test.ts"],
  "the Dockerfiles, built and run": [MOCHA, "--exit", "test/deep/dockerfiles.test.ts"],
  "a kill at each step of an update without room": [MOCHA, "--exit", "test/deep/kill-stop-first.test.ts"],
  "an agent in a container": [MOCHA, "--exit", "test/deep/compose.test.ts"],
  proofs: ["scripts/prove-contracts.ts"],
  "branch coverage": ["scripts/cover-branches.ts"],
  "a mutant for each invariant": ["scripts/mutate-invariants.ts"],
  "a sample of the mutants": ["scripts/mutate-contracts.ts", "--limit", "150", "--check"],
};

await runMain(async ({ signal }) => {
  const lines: string[] = [];
  let failed = 0;
  for (const [name, [script = "", ...args]] of Object.entries(PARTS)) {
    process.stdout.write(`\n== ${name}\n`);
    const started = Date.now();
    const argv = [process.execPath, inRoot(script), ...args];
    const { status } = await runCommand(argv, { signal, tee: process.stdout });
    if (status !== 0) failed += 1;
    const seconds = ((Date.now() - started) / 1000).toFixed(0);
    lines.push(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  }
  process.stdout.write(`\n${lines.join("\n")}\n`);
  return failed === 0 ? 0 : 1;
});
