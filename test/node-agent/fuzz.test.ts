import { expect } from "chai";
import { protocols } from "@fizz/protocol/messages";
import { NEVER_INBOUND } from "../../relayer/src/p2p/stray-streams.ts";
import { runAgentFuzz, TARGETS } from "./support/fuzz/run-agent-fuzz.ts";

const INPUTS = 2_000;
const SEED = 1;
/** test/relayer/fuzz.test.ts asks a gateway, and answers all that it asks of nodes. */
const TO_GATEWAYS = [protocols.hello, protocols.doors, protocols.observe];

describe("a node, its links, and the forwarding between processes, sent what is almost right", function () {
  this.timeout(300_000);

  // 100,000 with another seed each time: test/deep, by npm run test:deep.
  it(`refuse it with a code, or answer, ${INPUTS} times, and work afterwards`, async () => {
    const { faults, sent, asks, answers } = await runAgentFuzz({ seed: SEED, inputs: INPUTS });
    expect(faults).to.deep.equal([]);
    // A protocol that is added is sent inputs here, at both ends, or this fails.
    expect(protocolsBut([...asks, ...TO_GATEWAYS])).to.deep.equal([]);
    expect(protocolsBut([...answers, ...NEVER_INBOUND])).to.deep.equal([]);
    expect(Object.values(sent).filter((count) => count > 100)).to.have.lengthOf(TARGETS.length);
  });

  function protocolsBut(known: readonly string[]): string[] {
    return Object.values(protocols).filter((protocol) => !known.includes(protocol));
  }
});
