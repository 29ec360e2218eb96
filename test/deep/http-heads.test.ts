import { expect } from "chai";
import { compareAnswers, compareRequests } from "../relayer/support/http/compare-readers.ts";

const { FIZZ_FUZZ_SEED: seedText, FIZZ_FUZZ_INPUTS: inputsText } = process.env;
const inputs = Number(inputsText ?? 100_000);
const seed = Number(seedText ?? Date.now() % 2 ** 31);

describe("the gateway's own reader of HTTP/1.1, for long", function () {
  this.timeout(3_600_000);

  it(`takes no head that Node's parser sees otherwise (seed ${seed})`, async () => {
    for (const compare of [compareRequests, compareAnswers]) {
      const { faults, accepted } = await compare({ seed, inputs });
      expect(faults.slice(0, 10)).to.deep.equal([]);
      expect(accepted).to.be.above(inputs / 5);
    }
  });
});
