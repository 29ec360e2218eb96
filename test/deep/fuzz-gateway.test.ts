import { expect } from "chai";
import { runFuzz } from "../relayer/support/fuzz/run-fuzz.ts";
import { showTenths, whyNotFlat } from "../support/fuzz/resident-tenths.ts";

const { FIZZ_FUZZ_SEED: seedText, FIZZ_FUZZ_INPUTS: inputsText, FIZZ_FUZZ_FIRST: firstText } = process.env;
const inputs = Number(inputsText ?? 100_000);
const seed = Number(seedText ?? Date.now() % 2 ** 31);
const first = Number(firstText ?? 0);

describe("a gateway that is sent what is almost right for long", function () {
  this.timeout(4 * 3_600_000);

  it(`refuses it with a code, or answers as documented, and keeps nothing of it (seed ${seed})`, async () => {
    const { faults, residentMib, sent } = await runFuzz({ seed, inputs, first });
    process.stdout.write(`      seed ${seed}: ${JSON.stringify(sent)}, ${showTenths(residentMib)}\n`);
    for (const fault of faults) process.stdout.write(`      ${fault}\n`);
    const again = `FIZZ_FUZZ_SEED=${seed} FIZZ_FUZZ_INPUTS=${inputs} repeats it; FIZZ_FUZZ_FIRST=n FIZZ_FUZZ_INPUTS=1 one of them`;
    expect(faults.length, again).to.equal(0);
    if (inputs >= 10_000) expect(whyNotFlat(residentMib)).to.equal(undefined);
  });
});
