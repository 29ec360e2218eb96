import { expect } from "chai";
import fc from "fast-check";
import {
  afterFailure,
  afterSilence,
  boundNames,
  chooseOrders,
  type Failures,
  isOrderable,
  NO_FAILURES,
  type OrderState,
  outlived,
  recentOrders,
  renewalTime,
  type WantedName,
} from "../../../relayer/src/domain/certificate-orders.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = 1_000 * DAY;
const LIMITS = { atOnce: 2, perHour: 5 };

describe("a name", () => {
  it("can be ordered when it is a DNS name of two labels or more, and neither a wildcard nor an address", () => {
    const good = [
      "acme.test",
      "web-abc234.gw.example.org",
      "xn--bcher-kva.example",
      `${"a".repeat(63)}.test`,
      "1.2.3.x4",
    ];
    const bad = [
      "*.acme.test",
      "192.0.2.1",
      "[2001:db8::1]",
      "localhost",
      "",
      ".test",
      "a..test",
      "-a.test",
      "a-.test",
    ];
    const worse = [
      "A.test",
      "a_b.test",
      "a.test.",
      "a/../b.test",
      `${"a".repeat(64)}.test`,
      `${"a.".repeat(120)}test`,
    ];
    expect(good.filter((name) => !isOrderable(name))).to.deep.equal([]);
    expect([...bad, ...worse].filter(isOrderable)).to.deep.equal([]);
  });

  it("has a place among too many by its rank, then as it comes", () => {
    const names = ["a.test", "b.test", "c.test"];
    expect(boundNames(names, () => 0, 3)).to.deep.equal({ names, leftOut: 0 });
    const rank = (name: string): number => ({ "a.test": 2, "b.test": 0, "c.test": 0 })[name] ?? 9;
    expect(boundNames(names, rank, 2)).to.deep.equal({ names: ["b.test", "c.test"], leftOut: 1 });
  });
});

describe("the renewal of a certificate", () => {
  it("begins when a third of its life is left, and up to a thirtieth before", () => {
    const validity = { notBefore: NOW, notAfter: NOW + 90 * DAY };
    expect(renewalTime(validity, 0)).to.equal(NOW + 60 * DAY);
    expect(renewalTime(validity, 1)).to.be.closeTo(NOW + 57 * DAY, 1);
    expect(renewalTime({ notBefore: NOW, notAfter: NOW + 30 }, 0)).to.be.closeTo(NOW + 20, 1);
  });
});

describe("a wait", () => {
  it("is a minute after a name's first failure, and doubles to a day", () => {
    expect(waits((before, now) => afterFailure(before, now), 13)).to.deep.equal([
      ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024].map((minutes) => minutes * MINUTE),
      DAY,
      DAY,
    ]);
  });

  it("is a minute after an authority's first silence, and doubles to an hour", () => {
    const expected = [1, 2, 4, 8, 16, 32, 60, 60].map((minutes) => minutes * MINUTE);
    expect(waits((before, now) => afterSilence(before, now), 8)).to.deep.equal(expected);
  });

  it("is not longer for orders that fail together", () => {
    const first = afterSilence(NO_FAILURES, NOW);
    expect(afterSilence(first, NOW + 1)).to.equal(first);
  });

  function waits(after: (before: Failures, now: number) => Failures, times: number): number[] {
    let [failures, now] = [NO_FAILURES, NOW];
    return Array.from({ length: times }, () => {
      failures = after(failures, now);
      const wait = failures.retryAt - now;
      now = failures.retryAt;
      return wait;
    });
  }
});

describe("chooseOrders", () => {
  it("takes renewals first, the one that ends soonest before others, then names that failed less", () => {
    const wanted = [
      name("failed.test", { failures: { count: 3, retryAt: NOW - 1 } }),
      name("fresh.test"),
      name("later.test", { renewAt: NOW - 1 }),
      name("soon.test", { renewAt: NOW - DAY }),
      name("good.test", { renewAt: NOW + 1 }),
    ];
    const order = chooseOrders(state({ wanted }), { atOnce: 9, perHour: 9 });
    expect(order).to.deep.equal(["soon.test", "later.test", "fresh.test", "failed.test"]);
  });

  it("leaves out what is under way, and what waits after a failure", () => {
    const wanted = [
      name("a.test"),
      name("b.test", { failures: afterFailure(NO_FAILURES, NOW) }),
      name("c.test"),
    ];
    const ordering = new Set(["a.test"]);
    expect(chooseOrders(state({ wanted, ordering }), LIMITS)).to.deep.equal(["c.test"]);
    expect(chooseOrders(state({ wanted, now: NOW + MINUTE }), { atOnce: 9, perHour: 9 })).to.deep.equal([
      "a.test",
      "c.test",
      "b.test",
    ]);
  });

  it("begins no more in an hour than the limit, whatever waits", () => {
    const begun = [NOW - HOUR, NOW - HOUR + 1, NOW - 3, NOW - 2, NOW - 1];
    const wanted = [name("a.test"), name("b.test")];
    expect(chooseOrders(state({ wanted, begun }), LIMITS)).to.deep.equal(["a.test"]);
    expect(chooseOrders(state({ wanted, begun: [...begun, NOW] }), LIMITS)).to.deep.equal([]);
    expect(recentOrders(begun, NOW)).to.have.length(4);
  });

  it("waits for an authority that does not answer, and then tries one name", () => {
    const wanted = [name("a.test"), name("b.test")];
    const silence = afterSilence(NO_FAILURES, NOW);
    expect(chooseOrders(state({ wanted, silence }), LIMITS)).to.deep.equal([]);
    expect(chooseOrders(state({ wanted, silence, now: NOW + MINUTE }), LIMITS)).to.deep.equal(["a.test"]);
  });

  it("does not wait for ever when the clock was set back", () => {
    const failures = afterFailure(NO_FAILURES, NOW);
    const input = {
      wanted: [name("a.test", { failures })],
      silence: failures,
      begun: [NOW, NOW, NOW, NOW, NOW],
    };
    expect(chooseOrders(state({ ...input, now: NOW - 100 * DAY }), LIMITS)).to.deep.equal(["a.test"]);
  });

  it("never gives more than its places, nor a name twice, nor one that is not due", () => {
    const failuresOf = fc.record({
      count: fc.nat(20),
      retryAt: fc.integer({ min: NOW - DAY, max: NOW + DAY }),
    });
    const renewAt = fc.option(fc.integer({ min: NOW - DAY, max: NOW + DAY }), { nil: undefined });
    const wantedNames = fc.uniqueArray(
      fc.record({
        name: fc.integer({ min: 0, max: 30 }).map((n) => `${n}.test`),
        renewAt,
        failures: failuresOf,
      }),
      { selector: (wanted) => wanted.name },
    );
    const times = fc.array(fc.integer({ min: NOW - 2 * HOUR, max: NOW }), { maxLength: 8 });
    fc.assert(
      fc.property(wantedNames, times, fc.subarray(["1.test", "2.test", "3.test"]), (wanted, begun, under) => {
        const ordering = new Set(under);
        const chosen = chooseOrders(state({ wanted, begun, ordering }), LIMITS);
        expect(chosen.length + ordering.size).to.be.at.most(Math.max(LIMITS.atOnce, ordering.size));
        expect(chosen.length + recentOrders(begun, NOW).length).to.be.at.most(
          Math.max(LIMITS.perHour, begun.length),
        );
        expect(new Set(chosen).size).to.equal(chosen.length);
        for (const each of chosen) {
          const found = wanted.find((entry) => entry.name === each);
          expect(found?.failures.retryAt).to.be.at.most(NOW);
          expect(found?.renewAt ?? 0).to.be.at.most(NOW);
          expect(ordering.has(each)).to.equal(false);
        }
      }),
    );
  });

  function name(text: string, changes: Partial<WantedName> = {}): WantedName {
    return { name: text, renewAt: undefined, failures: NO_FAILURES, ...changes };
  }

  function state(changes: Partial<OrderState>): OrderState {
    return { wanted: [], ordering: new Set(), begun: [], silence: NO_FAILURES, now: NOW, ...changes };
  }
});

describe("a certificate that is not needed any more", () => {
  const held = new Map([
    ["used.test", { notBefore: 0, notAfter: NOW - DAY }],
    ["ended.test", { notBefore: 0, notAfter: NOW }],
    ["short.test", { notBefore: 0, notAfter: NOW + 1 }],
    ["long.test", { notBefore: 0, notAfter: NOW + 2 }],
  ]);
  const isRouted = (name: string): boolean => name === "used.test";

  it("goes when it has ended and nothing leads to its name; one in use stays though it has ended", () => {
    expect(outlived(held, { isRouted, now: NOW, keep: 9 })).to.deep.equal(["ended.test"]);
    expect(outlived(held, { isRouted: () => true, now: NOW + DAY, keep: 0 })).to.deep.equal([]);
  });

  it("goes before its end when there are too many, the one that ends soonest first", () => {
    expect(outlived(held, { isRouted, now: NOW, keep: 1 })).to.deep.equal(["short.test", "ended.test"]);
  });
});
