import { expect } from "chai";
import { runFuzz } from "./support/fuzz/run-fuzz.ts";

const INPUTS = 2_000;
const SEED = 1;

describe("a gateway that is sent what is almost right", function () {
  this.timeout(180_000);

  // 100,000 with another seed each time: test/deep, by npm run test:deep.
  it(`refuses it with a code, or answers as documented, ${INPUTS} times`, async () => {
    const { faults, sent, answers } = await runFuzz({ seed: SEED, inputs: INPUTS });
    expect(faults).to.deep.equal([]);
    for (const kind of ["http", "stranger", "node", "raw", "socket"])
      expect(sent[kind], kind).to.be.above(10);
    // It got behind the first check.
    for (const answer of ["POST /v1/quotes 200", "POST /v1/requests 202"])
      expect(answers[answer], answer).to.be.above(0);
  });
});
