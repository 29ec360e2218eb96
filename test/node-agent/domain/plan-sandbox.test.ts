import { expect } from "chai";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import { type Action } from "../../../node-agent/src/domain/plan-facts.ts";
import { planLease } from "../../../node-agent/src/domain/plan.ts";
import { containerSpec, hashOf, leaseRecord, observed } from "../support/builders.ts";

const NOW = 1_000_000;
const active = leaseRecord();
const open = leaseRecord({ state: "open", deadline: 400, paidUntil: 0 });

describe("planLease, of containers, their networks and disks", () => {
  for (const head of [open, active]) {
    it(`renews a container that runs in a network that has ended, of a lease that is ${head.state}`, () => {
      expect(plan([observed({ sandbox: "stale" })], head)).to.deep.equal(["renew c1"]);
    });
  }

  it("renews a container that has no network to join, whether it runs or waits for its back-off", () => {
    const ended = { state: "exited", exitCode: 1, finishedAt: NOW - 5_000 } as const;
    expect(plan([observed({ sandbox: "missing" })])).to.deep.equal(["renew c1"]);
    expect(plan([observed({ ...ended, sandbox: "missing" })])).to.deep.equal(["renew c1"]);
    expect(plan([observed({ state: "created", sandbox: "missing" })])).to.deep.equal(["renew c1"]);
  });

  it("makes the container for which a network waits", () => {
    expect(plan([observed({ state: "created", sandbox: "alone" })])).to.deep.equal(["create d1"]);
  });

  it("removes a network that waits for a container of an older version", () => {
    const old = observed({ id: "c0", digest: "d0", state: "created", sandbox: "alone" });
    expect(plan([observed(), old])).to.deep.equal(["remove c0"]);
  });

  it("does not confirm a start before the network is whole", () => {
    expect(plan([observed()], open)).to.deep.equal(["confirm-start"]);
    expect(plan([observed({ sandbox: "stale" })], open)).to.not.include("confirm-start");
  });

  it("ends a container that has more on disk than it leased, once it is known, and no other", () => {
    const limit = Number(containerSpec().limits.storageBytes);
    expect(plan([observed({ diskBytes: limit + 1 })])).to.deep.equal(["evict c1"]);
    expect(plan([observed({ diskBytes: limit })])).to.deep.equal([]);
    expect(plan([observed({ diskBytes: null })])).to.deep.equal([]);
    const ended = { state: "exited", exitCode: 1, finishedAt: NOW - 5_000 } as const;
    expect(plan([observed({ ...ended, diskBytes: limit + 1 })])).to.deep.equal(["wait"]);
  });

  function plan(containers: readonly ObservedContainer[], head = active): string[] {
    const desired = [{ spec: containerSpec(), digest: "d1" }];
    const held = [{ version: 1, manifestHash: hashOf("manifest"), desired, failure: undefined }];
    const restarts = { d1: { count: 1, lastExitAt: NOW - 5_000, nextAt: NOW + 400 } };
    const chain = { head, confirmed: head, missingMs: 0, graceMs: 600, chainTime: 100, now: NOW };
    return planLease({ ...chain, held, containers, restarts, doorsFresh: true }).map(textOf);
  }
});

function textOf(action: Action): string {
  if ("container" in action) return `${action.type} ${action.container.id}`;
  return action.type === "create" ? `create ${action.desired.digest}` : action.type;
}
