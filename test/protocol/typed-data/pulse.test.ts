import { fizzDomain, type Pulse, pulseHasher, pulseTypedData } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import fc from "fast-check";
import { bytesToHex, hashTypedData } from "viem";

const domain = fizzDomain(31_337, "0x5FbDB2315678afecb367f032d93F642f64180aa3");

describe("the digest of a pulse", () => {
  it("is that of its typed data", () => {
    const pulses: fc.Arbitrary<Pulse> = fc.record({
      nodeId: fc.bigInt(0n, 2n ** 64n - 1n),
      subnetId: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      at: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
      leases: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      leaseRoot: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytesToHex(bytes)),
    });
    const digestOf = pulseHasher(domain);
    fc.assert(
      fc.property(pulses, (pulse) => {
        expect(bytesToHex(digestOf(pulse))).to.equal(hashTypedData(pulseTypedData(domain, pulse)));
      }),
    );
  });
});
