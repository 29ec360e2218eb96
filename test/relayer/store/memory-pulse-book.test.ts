import { expect } from "chai";
import { zeroHash } from "viem";
import { type CountersignedPulse } from "../../../relayer/src/pulse-ports.ts";
import { MemoryPulseBook } from "../../../relayer/src/store/memory-pulse-book.ts";

describe("the gateway's book of pulses", () => {
  it("keeps the newest of each node", () => {
    const book = new MemoryPulseBook(2);
    for (const at of [100, 160]) expect(book.keep(pulse(1n, at), 0)).to.equal(true);
    expect(book.newest(1n)?.pulse.at).to.equal(160);
    expect(book.newest(2n)).to.equal(undefined);
  });

  it("forgets the oldest for a new node, when it is old enough that it cannot be contradicted", () => {
    const book = new MemoryPulseBook(2);
    book.keep(pulse(1n, 100), 0);
    book.keep(pulse(2n, 110), 0);
    book.keep(pulse(1n, 160), 0);
    expect(book.keep(pulse(3n, 170), 110)).to.equal(false);
    expect(book.newest(3n)).to.equal(undefined);
    expect(book.keep(pulse(3n, 171), 111)).to.equal(true);
    expect([1n, 2n, 3n].map((id) => book.newest(id)?.pulse.at)).to.deep.equal([160, undefined, 171]);
  });

  function pulse(nodeId: bigint, at: number): CountersignedPulse {
    const signed = { nodeId, subnetId: 1, at, leases: 0, leaseRoot: zeroHash };
    return { pulse: signed, signature: "0x", gatewaySignature: "0x" };
  }
});
