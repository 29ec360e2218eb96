import { rate } from "@fizz/protocol/units";
import { expect } from "chai";
import { zeroAddress, zeroHash } from "viem";
import { closeWayOf } from "../../../web/src/features/deployment/close-way.ts";
import type { LeaseView } from "../../../web/src/features/lease/read-lease.ts";

const DEADLINE = 1_000;

describe("closeWayOf", () => {
  it("closes a running lease and pays the node for the time it served", () => {
    const way = closeWayOf(lease("active"), { now: 0, hasReceipt: true });
    expect(way).to.include({ call: "close", reason: "tenant.closed", refund: 90n, cost: 10n });
  });
  it("cancels one that has not started, for the reservation fee", () => {
    const way = closeWayOf(lease("open"), { now: DEADLINE, hasReceipt: true });
    expect(way).to.include({ call: "close", reason: "tenant.cancelled", refund: 90n, cost: 10n });
  });
  it("takes everything back from a node that missed its start with the manifest in hand", () => {
    const way = closeWayOf(lease("open"), { now: DEADLINE + 1, hasReceipt: true });
    expect(way).to.include({ call: "expire", refund: 100n, cost: 0n });
  });
  it("pays the fee when there is no receipt to show", () => {
    const way = closeWayOf(lease("open"), { now: DEADLINE + 1, hasReceipt: false });
    expect(way).to.include({ call: "expire", refund: 90n, cost: 10n });
  });
});

function lease(state: LeaseView["state"]): LeaseView {
  return {
    lid: 1n,
    state,
    tenant: zeroAddress,
    nodeId: 1n,
    ratePerSecond: rate(1n),
    version: 1,
    leaseHash: zeroHash,
    manifestHash: zeroHash,
    deadline: DEADLINE,
    paidUntil: 0,
    refund: 90n,
    earned: 10n,
  };
}
