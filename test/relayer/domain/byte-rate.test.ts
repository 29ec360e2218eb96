import { expect } from "chai";
import { ByteRate } from "../../../relayer/src/domain/byte-rate.ts";

describe("ByteRate", () => {
  it("lets a quarter of a second through at once, then as much as it says", () => {
    const rate = new ByteRate(4_000_000, 0);
    expect(rate.take(1_000_000, 0)).to.equal(0);
    expect(rate.take(400_000, 0)).to.equal(100);
    expect(rate.take(0, 50)).to.equal(50);
    expect(rate.take(0, 100)).to.equal(0);
    expect(rate.take(4_000, 100)).to.equal(1);
  });

  it("saves no more than the burst while nothing goes through", () => {
    const rate = new ByteRate(4_000_000, 0);
    expect(rate.take(2_000_000, 3_600_000)).to.equal(250);
  });

  it("gives a slow rate a burst that fits a few packets", () => {
    expect(new ByteRate(65_536, 0).take(256 * 1024, 0)).to.equal(0);
  });
});
