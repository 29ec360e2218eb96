import { expect } from "chai";
import fc from "fast-check";
import { bumpedFees, executeGas, firstFees } from "../../../relayer/src/domain/request-fees.ts";

const fee = fc.bigInt(0n, 10n ** 13n);
const market = fc.record({ baseFee: fee, tip: fee });

describe("fees of relayed requests", () => {
  it("never go beyond the cap, and pay the next block while they can", () => {
    fc.assert(
      fc.property(market, fee, (asked, cap) => {
        const fees = firstFees(asked, cap);
        if (fees === undefined) {
          expect(asked.baseFee >= cap).to.equal(true);
          return;
        }
        expect(fees.maxFeePerGas <= cap && fees.maxFeePerGas >= asked.baseFee).to.equal(true);
        expect(fees.maxPriorityFeePerGas <= fees.maxFeePerGas).to.equal(true);
      }),
    );
  });

  it("rise by an eighth at least, both of them, or not at all", () => {
    fc.assert(
      fc.property(market, market, fee, (before, now, cap) => {
        const old = firstFees(before, cap);
        if (old === undefined) return;
        const fees = bumpedFees(old, now, cap);
        if (fees === undefined) return;
        expect(fees.maxFeePerGas <= cap).to.equal(true);
        expect(fees.maxPriorityFeePerGas <= fees.maxFeePerGas).to.equal(true);
        for (const name of ["maxFeePerGas", "maxPriorityFeePerGas"] as const) {
          expect(fees[name] * 8n >= old[name] * 9n, name).to.equal(true);
          expect(fees[name] > old[name], name).to.equal(true);
        }
      }),
    );
  });

  it("follow the chain when it asks for more than an eighth", () => {
    const old = { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n };
    expect(bumpedFees(old, { baseFee: 500n, tip: 20n }, 10_000n)).to.deep.equal({
      maxFeePerGas: 1_020n,
      maxPriorityFeePerGas: 20n,
    });
    expect(bumpedFees(old, { baseFee: 1n, tip: 1n }, 10_000n)).to.deep.equal({
      maxFeePerGas: 113n,
      maxPriorityFeePerGas: 12n,
    });
    expect(bumpedFees(old, { baseFee: 1n, tip: 1n }, 112n)).to.equal(undefined);
    expect(firstFees({ baseFee: 10n, tip: 1n }, 10n)).to.equal(undefined);
  });

  it("leave the called contract all the gas that the request names (EIP-150)", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 30_000_000n), fc.integer({ min: 0, max: 4_096 }), (gas, dataBytes) => {
        const intrinsic = 21_000n + BigInt(dataBytes) * 16n;
        const left = executeGas({ gas, dataBytes }) - intrinsic;
        expect(left - left / 64n >= gas).to.equal(true);
      }),
    );
  });
});
