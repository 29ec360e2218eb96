import { fizzDomain, type Quote, quoteHash, quoteHasher, quoteTypedData } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import fc from "fast-check";
import { bytesToHex, getAddress, hashStruct, hashTypedData, type Hex } from "viem";

const domain = fizzDomain(31_337, "0x5FbDB2315678afecb367f032d93F642f64180aa3");

describe("the hash of a quote", () => {
  it("is that of its typed data", () => {
    const hex = (length: number): fc.Arbitrary<Hex> =>
      fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => bytesToHex(bytes));
    const address = hex(20).map((text) => getAddress(text));
    const small = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });
    const big = (bits: bigint): fc.Arbitrary<bigint> => fc.bigInt(0n, (1n << bits) - 1n);
    const quotes: fc.Arbitrary<Quote> = fc.record({
      ...{ nodeId: big(64n), subnetId: small(32), tenant: address, token: address },
      ...{ ratePerSecond: big(96n), resources: big(128n), openPartHash: hex(32), sealingKey: hex(32) },
      ...{ startWindowSeconds: small(32), noticeSeconds: small(32), minSeconds: small(32) },
      ...{ maxSeconds: small(32), reservationSeconds: small(16), subnetCutBps: small(16) },
      ...{ protocolCutBps: small(16), expiresAt: small(40), nonce: big(256n) },
    });
    const digestOf = quoteHasher(domain);
    fc.assert(
      fc.property(quotes, (quote) => {
        const { types, primaryType } = quoteTypedData(domain, quote);
        expect(quoteHash(quote)).to.equal(hashStruct({ data: quote, types, primaryType }));
        expect(bytesToHex(digestOf(quote))).to.equal(hashTypedData(quoteTypedData(domain, quote)));
      }),
    );
  });
});
