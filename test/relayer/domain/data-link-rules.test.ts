import { expect } from "chai";
import { dataLinkRetryMs, isUnused, WORN_BYTES } from "../../../relayer/src/domain/data-link-rules.ts";

describe("rules of data links", () => {
  it("tries again after 10 s, then twice as long each time, up to ten minutes", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => dataLinkRetryMs(failures) / 1_000);
    expect(waits).to.deep.equal([10, 20, 40, 80, 160, 320, 600, 600, 600]);
  });

  it("gives a link back after ten minutes without a connection", () => {
    expect([isUnused(0), isUnused(599_999), isUnused(600_000)]).to.deep.equal([false, false, true]);
  });

  it("stays below what AES-GCM is good for under one key", () => {
    const recordBytes = 16 * 1024;
    expect(WORN_BYTES * 2).to.be.below(2 ** 24.5 * recordBytes);
  });
});
