import { expect } from "chai";
import { runAgentFuzz } from "../node-agent/support/fuzz/run-agent-fuzz.ts";

const MIB = 1024 * 1024;
/** More than the engine's own to and fro, and 700 bytes an input. */
const MAX_GROWTH_BYTES = 64 * MIB;

const { FIZZ_FUZZ_SEED: seedText, FIZZ_FUZZ_INPUTS: inputsText, FIZZ_FUZZ_FIRST: firstText } = process.env;
const inputs = Number(inputsText ?? 100_000);
const seed = Number(seedText ?? Date.now() % 2 ** 31);
const first = Number(firstText ?? 0);

describe("a node, its links, and the forwarding between processes, sent what is almost right for long", function () {
  this.timeout(4 * 3_600_000);

  it(`refuse it with a code, or answer, and keep nothing of it (seed ${seed})`, async () => {
    const { faults, firstTenthBytes, lastTenthBytes, sent } = await runAgentFuzz({ seed, inputs, first });
    const mib = [firstTenthBytes, lastTenthBytes].map((bytes) => (bytes / MIB).toFixed(0)).join(" → ");
    process.stdout.write(`      seed ${seed}: ${JSON.stringify(sent)}, resident ${mib} MiB\n`);
    for (const fault of faults) process.stdout.write(`      ${fault}\n`);
    const again = `FIZZ_FUZZ_SEED=${seed} FIZZ_FUZZ_INPUTS=${inputs} repeats it; FIZZ_FUZZ_FIRST=n FIZZ_FUZZ_INPUTS=1 one of them`;
    expect(faults.length, again).to.equal(0);
    if (inputs >= 10_000) expect(lastTenthBytes - firstTenthBytes, mib).to.be.below(MAX_GROWTH_BYTES);
  });
});
