import { expect } from "chai";
import { clampPrepaid, shortfall } from "../../../web/src/features/deploy/quote-terms.ts";

describe("clampPrepaid", () => {
  const quote = { minSeconds: 300, maxSeconds: 7_200 };
  it("keeps a wish within the bounds", () => {
    expect(clampPrepaid(3_600.9, quote)).to.equal(3_600);
  });
  it("takes the nearer bound otherwise", () => {
    expect([clampPrepaid(1, quote), clampPrepaid(99_999, quote)]).to.deep.equal([300, 7_200]);
  });
});

describe("shortfall", () => {
  it("is what the escrow account lacks", () => {
    expect(shortfall(10n, 4n)).to.equal(6n);
  });
  it("is nothing when it has enough", () => {
    expect([shortfall(10n, 10n), shortfall(10n, 11n)]).to.deep.equal([0n, 0n]);
  });
});
