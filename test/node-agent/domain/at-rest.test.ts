import { expect } from "chai";
import { isAtRest } from "../../../node-agent/src/domain/at-rest.ts";
import { type LeaseRecord } from "../../../node-agent/src/domain/lease-record.ts";
import { hashOf, leaseRecord, observed } from "../support/builders.ts";

const PAID_UNTIL = 2_000;

describe("isAtRest", () => {
  const container = observed();
  const active = leaseRecord({ state: "active", paidUntil: PAID_UNTIL });

  it("holds while chain and engine tell the very same of a lease", () => {
    expect(isAtRest(seen(), seen({ headTime: PAID_UNTIL - 1 }))).to.equal(true);
    const unpaid = leaseRecord({ state: "active", paidUntil: 0 });
    expect(isAtRest(seen({ head: unpaid }), seen({ head: unpaid, headTime: PAID_UNTIL }))).to.equal(true);
  });

  it("ends with what is prepaid", () => {
    expect(isAtRest(seen(), seen({ headTime: PAID_UNTIL }))).to.equal(false);
  });

  it("ends with another record, at the head or at depth", () => {
    expect(isAtRest(seen(), seen({ head: { ...active } }))).to.equal(false);
    expect(isAtRest(seen(), seen({ confirmed: { ...active } }))).to.equal(false);
    expect(isAtRest(seen({ confirmed: undefined }), seen())).to.equal(false);
  });

  it("is never said of a lease on which the time of the chain works", () => {
    const pending = { version: 2, manifestHash: hashOf("next"), resources: 0n, expiresAt: 3_000 };
    const others: (LeaseRecord | undefined)[] = [
      ...(["open", "reclaiming", "closed"] as const).map((state) => leaseRecord({ state })),
      leaseRecord({ state: "active", pending }),
      undefined,
    ];
    for (const head of others) expect(isAtRest(seen({ head }), seen({ head })), head?.state).to.equal(false);
  });

  it("ends with another container, one more, one less, and with something that is left", () => {
    for (const containers of [[], [{ ...container }], [container, observed({ id: "other" })]])
      expect(isAtRest(seen(), seen({ containers }))).to.equal(false);
    expect(isAtRest(seen(), seen({ isLeft: true }))).to.equal(false);
  });

  function seen(
    changes: {
      readonly head?: LeaseRecord | undefined;
      readonly confirmed?: LeaseRecord | undefined;
      readonly headTime?: number;
      readonly containers?: Parameters<typeof isAtRest>[0]["containers"];
      readonly isLeft?: boolean;
    } = {},
  ): Parameters<typeof isAtRest>[0] {
    const { headTime = 1_000, containers = [container], isLeft = false } = changes;
    const views = { head: active, confirmed: active, ...changes };
    return {
      located: { lid: 1n, head: views.head, confirmed: views.confirmed },
      ...{ containers, isLeft, snapshot: { headTime } },
    };
  }
});
