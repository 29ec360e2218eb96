import { expect } from "chai";
import { admitNode, type AdmissionInput } from "../../../relayer/src/domain/node-admission.ts";
import { MARKET, nodeFacts } from "../support/builders.ts";
import { FakeChain } from "../support/fake-chain.ts";

describe("admitNode", () => {
  for (const status of ["active", "draining", "exiting"] as const)
    it(`admits a node that is ${status} and in the subnet`, () => {
      expect(admit({ facts: nodeFacts({ status }) }).type).to.equal("admitted");
    });

  for (const status of ["registered", "exited", "suspended"] as const)
    it(`refuses a node that is ${status}`, () => {
      expect(admit({ facts: nodeFacts({ status }) })).to.include({
        type: "refused",
        code: "IDENTITY_UNKNOWN",
      });
    });

  it("keeps a node that left the subnet as long as it serves leases of it", () => {
    const facts = nodeFacts({ status: "registered", joined: false });
    expect(admit({ facts }).type).to.equal("refused");
    expect(admit({ facts, hasLeases: true }).type).to.equal("admitted");
  });

  it("does not take leases for a key: an unknown operator is refused always", () => {
    expect(admit({ facts: undefined, hasLeases: true })).to.include({
      type: "refused",
      code: "IDENTITY_UNKNOWN",
    });
  });

  it("compares chain and market first", () => {
    const hello = { chainId: 1, market: MARKET, nodeId: 1n };
    expect(admit({ hello })).to.include({ type: "refused", code: "CHAIN_MISMATCH" });
  });

  function admit(changes: Partial<AdmissionInput>) {
    const facts = nodeFacts();
    const hello = { chainId: 31_337, market: MARKET, nodeId: 1n };
    const gateway = new FakeChain().gateway;
    return admitNode({
      operator: facts.operator,
      hello,
      gateway,
      market: MARKET,
      facts,
      hasLeases: false,
      ...changes,
    });
  }
});
