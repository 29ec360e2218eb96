import { isIP } from "node:net";
import { expect } from "chai";
import { parseAddressBlock } from "../../../relayer/src/domain/address-block.ts";

describe("parseAddressBlock", () => {
  const rows = [
    ["10.0.0.0/8", { address: "10.0.0.0", prefix: 8 }],
    ["192.0.2.7", { address: "192.0.2.7", prefix: 32 }],
    ["2001:db8::/32", { address: "2001:db8::", prefix: 32 }],
    ["::1", { address: "::1", prefix: 128 }],
    ["10.0.0.0/33", undefined],
    ["10.0.0.0/-1", undefined],
    ["10.0.0.0/", undefined],
    ["10.0.0.0/8/8", undefined],
    ["10.0.0", undefined],
    ["example.org", undefined],
    ["", undefined],
  ] as const;
  for (const [text, block] of rows)
    it(`reads ${JSON.stringify(text)} as ${JSON.stringify(block)}`, () => {
      expect(parseAddressBlock(text, isIP)).to.deep.equal(block);
    });
});
