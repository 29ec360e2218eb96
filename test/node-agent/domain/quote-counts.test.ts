import { expect } from "chai";
import { MAX_COUNTED_CODES, QuoteCounts } from "../../../node-agent/src/domain/quote-counts.ts";

const HOUR = 3_600_000;
const T0 = 500_000 * HOUR;
const full = {
  code: "capacity.cpu",
  message: "needs 2 CPU, has 1 CPU free",
  needs: "2",
  has: "1",
  unit: "milliCpu",
};

describe("QuoteCounts", () => {
  it("counts each reason of an order once, most frequent first, with the newest figures", () => {
    const counts = new QuoteCounts(T0);
    counts.quoted(T0);
    counts.refused(T0, [full, full, { code: "node.leases", message: "serves 5 leases" }]);
    counts.refused(T0 + 5, [{ ...full, needs: "9" }]);
    const report = counts.report(T0 + 10);
    expect(report).to.deep.include({ since: T0, orders: 3, quoted: 1 });
    expect(report.refusals).to.deep.equal([
      { ...full, needs: "9", lastAt: T0 + 5, count: 2 },
      { code: "node.leases", message: "serves 5 leases", lastAt: T0, count: 1 },
    ]);
  });

  it("forgets an hour once 24 have begun after it, and says since when it counts", () => {
    const counts = new QuoteCounts(T0);
    counts.refused(T0, [full]);
    counts.quoted(T0 + 10 * HOUR);
    expect(counts.report(T0 + 24 * HOUR - 1)).to.deep.include({ orders: 2, since: T0 });
    const later = counts.report(T0 + 24 * HOUR);
    expect(later).to.deep.include({ orders: 1, quoted: 1, refusals: [], since: T0 });
    expect(counts.report(T0 + 40 * HOUR)).to.deep.include({ orders: 0, since: T0 + 16 * HOUR });
  });

  it("keeps a fixed number of codes, and cuts what is long", () => {
    const counts = new QuoteCounts(T0);
    for (let code = 0; code < MAX_COUNTED_CODES + 50; code += 1)
      counts.refused(T0, [{ code: `code.${code}`, message: "x".repeat(5_000) }]);
    const { refusals, orders } = counts.report(T0);
    expect(orders).to.equal(MAX_COUNTED_CODES + 50);
    expect(refusals).to.have.length(MAX_COUNTED_CODES);
    expect(refusals[0]?.message).to.have.length(300);
  });
});
