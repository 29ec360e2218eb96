import { expect } from "chai";
import { runAgentFuzz, TARGETS } from "./support/fuzz/run-agent-fuzz.ts";

const INPUTS = 2_000;
const SEED = 1;

describe("a node, its links, and the forwarding between processes, sent what is almost right", function () {
  this.timeout(300_000);

  // 100,000 with another seed each time: test/deep, by npm run test:deep.
  it(`refuse it with a code, or answer, ${INPUTS} times, and work afterwards`, async () => {
    const { faults, sent } = await runAgentFuzz({ seed: SEED, inputs: INPUTS });
    expect(faults).to.deep.equal([]);
    expect(Object.values(sent).filter((count) => count > 100)).to.have.lengthOf(TARGETS.length);
  });
});
