import { expect } from "chai";
import { type LeaseRecord } from "../../../node-agent/src/domain/lease-record.ts";
import { servedLeases } from "../../../node-agent/src/domain/served-leases.ts";
import { hashOf, leaseRecord, observed } from "../support/builders.ts";

const LEASE = hashOf("lease");

describe("the leases that a node says it serves", () => {
  it("are those that run on chain, with all of their containers", () => {
    expect(served([leaseRecord()], [observed()])).to.deep.equal([LEASE]);
    expect(served([leaseRecord({ state: "reclaiming" })], [observed()])).to.deep.equal([LEASE]);
    expect(served([leaseRecord({ state: "open" })], [observed()])).to.deep.equal([]);
    expect(served([leaseRecord({ state: "closed" })], [observed()])).to.deep.equal([]);
    expect(served([leaseRecord({ nodeId: 8n })], [observed()])).to.deep.equal([]);
  });

  it("are none whose container is away, or one of them", () => {
    expect(served([leaseRecord()], [])).to.deep.equal([]);
    for (const state of ["created", "exited"] as const) {
      const down = observed({ id: "c2", replica: 1, state });
      expect(served([leaseRecord()], [observed(), down])).to.deep.equal([]);
      expect(served([leaseRecord()], [down, observed()])).to.deep.equal([]);
    }
  });

  function served(leases: readonly LeaseRecord[], containers: readonly ReturnType<typeof observed>[]) {
    const views = new Map(leases.map((head) => [head.lid, { head, confirmed: undefined }]));
    const snapshot = { headNumber: 1n, headTime: 1, leases: views, opened: new Map() };
    return servedLeases({ snapshot, containers }, 7n);
  }
});
