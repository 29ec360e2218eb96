import { expect } from "chai";
import fc from "fast-check";
import { ChangeLog } from "../../../relayer/src/domain/change-log.ts";

describe("ChangeLog", () => {
  it("tells each node once, where it changed last", () => {
    const log = new ChangeLog(10);
    for (const ids of [[1n, 2n], [3n], [1n]]) log.record(ids);
    expect(log.since(0, 10)).to.deep.equal({ nodeIds: [2n, 3n, 1n], position: 3 });
    expect(log.since(2, 10)).to.deep.equal({ nodeIds: [1n], position: 3 });
    expect(log.since(3, 10)).to.deep.equal({ nodeIds: [], position: 3 });
  });

  it("knows no position that it never gave", () => {
    expect(new ChangeLog(10).since(1, 10)).to.equal(undefined);
  });

  it("forgets what was longest ago, and says so to those who stand before it", () => {
    const log = new ChangeLog(2);
    for (const id of [1n, 2n, 3n]) log.record([id]);
    expect(log.since(0, 10)).to.equal(undefined);
    expect(log.since(1, 10)).to.deep.equal({ nodeIds: [2n, 3n], position: 3 });
  });

  it("brings a reader from any known position to the end, in pieces, with nothing left out", () => {
    const changes = fc.array(fc.uniqueArray(fc.bigInt(1n, 20n), { minLength: 1, maxLength: 4 }), {
      maxLength: 30,
    });
    const most = fc.integer({ min: 4, max: 9 });
    fc.assert(
      fc.property(changes, most, fc.integer({ min: 1, max: 25 }), (batches, size, kept) => {
        const log = new ChangeLog(kept);
        for (const ids of batches) log.record(ids);
        for (let from = 0; from <= batches.length; from += 1) {
          const expected = new Set(batches.slice(from).flat());
          const told: bigint[] = [];
          let part = log.since(from, size);
          if (part === undefined) {
            expect(new Set(batches.flat()).size, "nothing had to be forgotten").to.be.above(kept);
            continue;
          }
          while (part !== undefined && part.nodeIds.length > 0) {
            expect(part.nodeIds.length).to.be.at.most(size);
            told.push(...part.nodeIds);
            part = log.since(part.position, size);
          }
          expect(part?.position).to.equal(batches.length);
          expect(told).to.have.length(expected.size);
          expect(new Set(told)).to.deep.equal(expected);
        }
      }),
    );
  });
});
