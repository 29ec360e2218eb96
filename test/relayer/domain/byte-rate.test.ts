import { expect } from "chai";
import { byteRate } from "../../../relayer/src/domain/byte-rate.ts";

describe("byteRate", () => {
  it("lets a quarter of a second through at once, then as much as it says", () => {
    const rate = byteRate(4_000_000, 0);
    expect(rate.spend(1_000_000, 0)).to.equal(0);
    expect(rate.spend(400_000, 0)).to.equal(100);
    expect(rate.spend(0, 50)).to.equal(50);
    expect(rate.spend(0, 100)).to.equal(0);
    expect(rate.spend(4_000, 100)).to.equal(1);
  });

  it("saves no more than the burst while nothing goes through", () => {
    const rate = byteRate(4_000_000, 0);
    expect(rate.spend(2_000_000, 3_600_000)).to.equal(250);
  });

  it("gives a slow rate a burst that fits a few packets", () => {
    expect(byteRate(65_536, 0).spend(256 * 1024, 0)).to.equal(0);
  });
});
