import { faultOfTerms } from "@fizz/protocol/orders";
import { seal } from "@fizz/protocol/sealing";
import { type Quote } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Hex } from "viem";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";

const good = sampleQuote(sampleOrder(), `0x09${"00".repeat(31)}`);

describe("the terms of a quote", () => {
  it("may be what the contract takes", () => {
    expect(faultOfTerms(good)).to.equal(undefined);
    const most = { startWindowSeconds: 86_400, noticeSeconds: 2_592_000, reservationSeconds: 600 };
    expect(faultOfTerms({ ...good, ...most })).to.equal(undefined);
  });

  const wrong: readonly Partial<Quote>[] = [
    { startWindowSeconds: 0 },
    { startWindowSeconds: 86_401 },
    { noticeSeconds: 2_592_001 },
    { reservationSeconds: 601 },
    { minSeconds: 10, maxSeconds: 9 },
  ];
  for (const change of wrong)
    it(`are refused with ${JSON.stringify(change)}`, () => {
      expect(faultOfTerms({ ...good, ...change })).to.be.a("string");
    });

  const weak: readonly Hex[] = [
    `0x${"00".repeat(32)}`,
    `0x01${"00".repeat(31)}`,
    "0xe0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "0x5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    `0xec${"ff".repeat(30)}7f`,
    `0xed${"ff".repeat(30)}7f`,
    `0xee${"ff".repeat(30)}7f`,
    `0xec${"ff".repeat(31)}`,
  ];
  for (const sealingKey of weak)
    it(`are refused with the sealing key ${sealingKey.slice(0, 10)}…, with which nothing is secret`, async () => {
      const sealed = seal(sealingKey, Uint8Array.of(1), good.openPartHash).then(
        () => true,
        () => false,
      );
      expect(await sealed).to.equal(false);
      expect(faultOfTerms({ ...good, sealingKey })).to.include("sealing key");
    });
});
