import { expect } from "chai";
import { busyRefusal, reclaimSteps } from "../../../node-agent/src/domain/busy-hours.ts";
import { leaseRecord } from "../support/builders.ts";

const NOW = 1_800_000_000_000;
const busyIn = (seconds: number) => ({ from: NOW + seconds * 1_000, to: NOW + (seconds + 7_200) * 1_000 });
const RULES = { startWindowSeconds: 300, noticeSeconds: 3_600 };
const order = (durationSeconds: number, isUpdate = false) => ({ durationSeconds, isUpdate });

describe("busyRefusal", () => {
  const rows = [
    ["none without busy hours", 86_400, undefined, false, undefined],
    ["one while they last", 60, -1, true, /until 2027-01-15T/],
    ["none when the lease is over before", 3_300, 3_600, false, undefined],
    [
      "one when it is not, by a second",
      3_301,
      3_600,
      false,
      /from 2027-.*there are 3600 s, the lease needs 3601$/,
    ],
    ["none when notice fits before", 86_400, 3_960, true, undefined],
    [
      "one when notice does not fit, by a second",
      86_400,
      3_959,
      true,
      /there are 3959 s, the lease needs 3960$/,
    ],
    ["one when notice would fit and is never given", 86_400, 9_000, false, /needs 86700$/],
    ["none for a short lease where notice does not fit", 600, 1_000, true, undefined],
  ] as const;
  for (const [name, duration, start, reclaims, expected] of rows)
    it(`is ${name}`, () => {
      const busy = start === undefined ? undefined : busyIn(start);
      const found = busyRefusal(order(duration), { ...RULES, busy, reclaims }, NOW);
      if (expected === undefined) expect(found).to.equal(undefined);
      else expect(found?.message).to.match(expected);
      expect(busyRefusal(order(duration, true), { ...RULES, busy, reclaims }, NOW), "updates").to.equal(
        undefined,
      );
    });
});

describe("reclaimSteps", () => {
  const time = { now: NOW, chainTime: NOW / 1_000 };
  const paidUntil = NOW / 1_000 + 1_000_000;
  const types = (leases: ReturnType<typeof leaseRecord>[], start: number | undefined) =>
    reclaimSteps(leases, start === undefined ? undefined : busyIn(start), time).map(({ type }) => type);

  it("gives notice a minute before it must, of what would run into the hours, and while they last", () => {
    const lease = leaseRecord({ paidUntil, noticeSeconds: 3_600 });
    expect(types([lease], 3_660)).to.deep.equal(["notice"]);
    expect(types([lease], 3_661)).to.deep.equal([]);
    expect(types([lease], -60)).to.deep.equal(["notice"]);
    expect(types([lease], undefined)).to.deep.equal([]);
    const short = leaseRecord({ paidUntil: NOW / 1_000 + 1_000 });
    expect(types([short], 1_000)).to.deep.equal([]);
    expect(types([short], 999)).to.deep.equal(["notice"]);
  });

  it("goes by the notice of each lease, and leaves what is not active", () => {
    const leases = (["open", "closed"] as const).map((state) => leaseRecord({ state, paidUntil }));
    expect(types(leases, 10)).to.deep.equal([]);
    expect(types([leaseRecord({ paidUntil, noticeSeconds: 0 })], 61)).to.deep.equal([]);
    expect(types([leaseRecord({ paidUntil, noticeSeconds: 0 })], 60)).to.deep.equal(["notice"]);
  });

  it("closes what had its notice, by the chain's clock, also when the hours are over", () => {
    const state = "reclaiming";
    expect(types([leaseRecord({ state, deadline: NOW / 1_000 })], undefined)).to.deep.equal(["close"]);
    expect(types([leaseRecord({ state, deadline: NOW / 1_000 + 1 })], -10)).to.deep.equal([]);
  });
});
