import { expect } from "chai";
import { type Hex } from "viem";
import {
  type ChainSnapshot,
  type LeaseRecord,
  locateLease,
} from "../../../node-agent/src/domain/lease-record.ts";
import { hashOf, leaseRecord } from "../support/builders.ts";

const OURS = hashOf("lease");

describe("locateLease", () => {
  it("finds a lease under the lid that was seen last", () => {
    const snapshot = snapshotOf({ 1: leaseRecord() }, {});
    expect(locateLease(snapshot, OURS, 1n)).to.deep.equal({
      lid: 1n,
      head: leaseRecord(),
      confirmed: leaseRecord(),
    });
  });

  it("follows a lease to the lid that a reorg gave it, and does not take the squatter for it", () => {
    const squatter = leaseRecord({ leaseHash: hashOf("other") });
    const moved = leaseRecord({ lid: 2n });
    const snapshot = snapshotOf({ 1: squatter, 2: moved }, { [OURS]: 2n });
    expect(locateLease(snapshot, OURS, 1n)).to.deep.equal({ lid: 2n, head: moved, confirmed: moved });
  });

  it("finds nothing when another lease has the lid and no log speaks of ours", () => {
    const snapshot = snapshotOf({ 1: leaseRecord({ leaseHash: hashOf("other") }) }, {});
    expect(locateLease(snapshot, OURS, 1n)).to.deep.equal({
      lid: undefined,
      head: undefined,
      confirmed: undefined,
    });
  });

  function snapshotOf(leases: Record<number, LeaseRecord>, opened: Record<Hex, bigint>): ChainSnapshot {
    return {
      headNumber: 10n,
      headTime: 100,
      leases: new Map(
        Object.entries(leases).map(([lid, record]) => [BigInt(lid), { head: record, confirmed: record }]),
      ),
      opened: new Map(Object.entries(opened) as [Hex, bigint][]),
    };
  }
});
