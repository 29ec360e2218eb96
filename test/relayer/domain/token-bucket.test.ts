import { expect } from "chai";
import fc from "fast-check";
import { TokenBucket } from "../../../relayer/src/domain/token-bucket.ts";

const RATE = { perSecond: 10, burst: 5 };

describe("TokenBucket", () => {
  it("gives its burst at once, and then its rate", () => {
    const bucket = new TokenBucket(RATE, 0);
    expect(Array.from({ length: 6 }, () => bucket.tryTake(1, 0))).to.deep.equal([
      ...Array.from({ length: 5 }, () => true),
      false,
    ]);
    expect(bucket.tryTake(1, 99)).to.equal(false);
    expect(bucket.tryTake(1, 100)).to.equal(true);
    expect(bucket.tryTake(1, 100)).to.equal(false);
    expect(bucket.tryTake(5, 10_000)).to.equal(true);
    expect(bucket.tryTake(1, 10_000)).to.equal(false);
  });

  it("says how long a debt takes", () => {
    const bucket = new TokenBucket(RATE, 0);
    expect(bucket.spend(5, 0)).to.equal(0);
    expect(bucket.spend(20, 0)).to.equal(2_000);
    expect(bucket.debtMs(1_500)).to.equal(500);
    expect(bucket.tryTake(1, 1_999)).to.equal(false);
    expect(bucket.debtMs(2_000)).to.equal(0);
  });

  it("keeps its debt under another rate, and never holds more than its size", () => {
    const bucket = new TokenBucket(RATE, 0);
    bucket.spend(15, 0);
    bucket.setRate({ perSecond: 1, burst: 2 }, 0);
    expect(bucket.debtMs(0)).to.equal(10_000);
    expect(bucket.tryTake(2, 60_000)).to.equal(true);
    expect(bucket.tryTake(1, 60_000)).to.equal(false);
  });

  it("never lets more through than burst and rate allow, whatever is asked when", () => {
    const step = fc.record({ wait: fc.nat({ max: 3_000 }), amount: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const bucket = new TokenBucket(RATE, 0);
        let now = 0;
        let taken = 0;
        for (const { wait, amount } of steps) {
          now += wait;
          if (bucket.tryTake(amount, now)) taken += amount;
          expect(taken).to.be.at.most(RATE.burst + (now / 1_000) * RATE.perSecond + 1e-6);
        }
      }),
    );
  });

  it("does not give more when the clock goes back", () => {
    const bucket = new TokenBucket(RATE, 1_000);
    expect(bucket.tryTake(5, 1_000)).to.equal(true);
    expect(bucket.tryTake(1, 0)).to.equal(false);
    expect(bucket.tryTake(1, 1_050)).to.equal(false);
  });
});
