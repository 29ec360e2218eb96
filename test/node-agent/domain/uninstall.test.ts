import { expect } from "chai";
import { type ChainSnapshot, type LeaseRecord } from "../../../node-agent/src/domain/lease-record.ts";
import { type Leftover, reasonToStay, removalOrder } from "../../../node-agent/src/domain/uninstall.ts";
import { hashOf } from "../support/builders.ts";

const NOW = 1_000_000;
const LEASE = hashOf("lease");

describe("what keeps an uninstall from removing anything", () => {
  it("is nothing when every lease is closed at the confirmation depth", () => {
    expect(reason({ head: "closed", confirmed: "closed" })).to.equal(undefined);
    expect(reason({ head: "closed", confirmed: "closed" }, [thing("volume", LEASE)])).to.equal(undefined);
    expect(reason({ head: undefined, confirmed: undefined })).to.equal(undefined);
  });

  it("is a lease that is open, runs, or is closed at the head alone, with how many and which", () => {
    for (const state of ["open", "active", "reclaiming"] as const)
      expect(reason({ head: state, confirmed: state })).to.match(/^1 leases .*: 7$/);
    expect(reason({ head: "closed", confirmed: "active" })).to.match(/^1 leases/);
    expect(reason({ head: "closed", confirmed: undefined })).to.match(/^1 leases/);
    expect(reason({ head: undefined, confirmed: "closed" })).to.equal(undefined);
  });

  it("is a thing of a lease that the chain does not know, or knows under another hash", () => {
    const views = { head: "closed", confirmed: "closed" } as const;
    expect(reason(views, [thing("volume", hashOf("other"))])).to.match(/^1 things .* does not know: volume$/);
    const stranger = [thing("container", LEASE), thing("network", undefined)];
    const nowhere = { snapshot: undefined, headTime: NOW };
    expect(reasonToStay(nowhere, stranger, NOW)).to.match(/^1 things .*: container$/);
    expect(reasonToStay(nowhere, [thing("network", undefined)], NOW)).to.equal(undefined);
  });

  it("is a chain whose newest block is old", () => {
    const { snapshot } = world({ head: "closed", confirmed: "closed" });
    expect(reasonToStay({ snapshot, headTime: NOW - 300 }, [], NOW)).to.equal(undefined);
    expect(reasonToStay({ snapshot, headTime: NOW - 301 }, [], NOW)).to.match(
      /^The newest block is 301 s old/,
    );
  });
});

describe("the order of a removal", () => {
  it("is containers, then networks, then volumes", () => {
    const all = (["volume", "network", "container", "volume", "container"] as const).map((kind) =>
      thing(kind, undefined),
    );
    const kinds = removalOrder(all).map(({ kind }) => kind);
    expect(kinds).to.deep.equal(["container", "container", "network", "volume", "volume"]);
  });
});

type State = LeaseRecord["state"] | undefined;

function reason(states: { head: State; confirmed: State }, leftovers: readonly Leftover[] = []) {
  return reasonToStay(world(states), leftovers, NOW);
}

function world({ head, confirmed }: { head: State; confirmed: State }) {
  const recordOf = (state: State) =>
    state === undefined ? undefined : ({ lid: 7n, leaseHash: LEASE, state } as LeaseRecord);
  const views = { head: recordOf(head), confirmed: recordOf(confirmed) };
  const snapshot: ChainSnapshot = {
    ...{ headNumber: 1n, headTime: NOW, leases: new Map([[7n, views]]), opened: new Map([[LEASE, 7n]]) },
  };
  return { snapshot, headTime: NOW };
}

function thing(kind: Leftover["kind"], leaseHash: Leftover["leaseHash"]): Leftover {
  return { kind, id: kind, name: kind, leaseHash, lid: undefined };
}
