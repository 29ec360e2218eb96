import {
  amount,
  costOf,
  formatAmount,
  parseAmount,
  rate,
  RATE_SCALE,
  rateFromHourly,
  ratePerHour,
  seconds,
} from "@fizz/protocol/units";
import { expect } from "chai";
import fc from "fast-check";
import { codeOf } from "../../support/code-of.ts";

describe("amounts", () => {
  it("reads what it writes, for any amount and decimals", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 128n }),
        fc.integer({ min: 0, max: 30 }),
        (value, decimals) => {
          expect(parseAmount(formatAmount(value, decimals), decimals)).to.equal(value);
        },
      ),
    );
  });

  it("writes without trailing zeros and cuts off, never up", () => {
    expect(formatAmount(5_000_000_000_000_000n)).to.equal("0.005");
    expect(formatAmount(1_999_999n, 6, 2)).to.equal("1.99");
    expect(formatAmount(-1_500_000n, 6)).to.equal("-1.5");
  });

  it("refuses what is not an exact amount", async () => {
    for (const text of ["", "1.", ".5", "-1", "1e3", "0x10", "1,5", "0.1234567"])
      expect(await codeOf((async () => await Promise.resolve(parseAmount(text, 6)))()), text).to.equal(
        "INPUT_INVALID",
      );
  });
});

describe("rates", () => {
  it("never charge more for an hour than the price per hour, and less than one unit below it", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (price) => {
        const cost = costOf(rateFromHourly(amount(price)), seconds(3_600n));
        expect(cost <= price && price - cost <= 1n).to.equal(true);
      }),
    );
  });

  it("lock at least what the time costs", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 96n }), fc.bigInt({ min: 0n, max: 2n ** 32n }), (r, t) => {
        expect(costOf(rate(r), seconds(t)) * RATE_SCALE >= r * t).to.equal(true);
      }),
    );
  });

  it("show a price per hour that covers the rate", () => {
    expect(ratePerHour(rateFromHourly(parseAmount("0.0005")))).to.equal(parseAmount("0.0005"));
  });
});
