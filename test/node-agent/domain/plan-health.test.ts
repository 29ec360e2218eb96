import { expect } from "chai";
import { type HealthState } from "../../../node-agent/src/domain/health.ts";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import { type LeaseFacts } from "../../../node-agent/src/domain/plan-facts.ts";
import { planLease } from "../../../node-agent/src/domain/plan.ts";
import { containerSpec, hashOf, leaseRecord, observed } from "../support/builders.ts";

const NOW = 1_000_000;
const HEALTH = { ports: [8080], path: null, intervalMs: 10, timeoutMs: 5, retries: 3, startPeriodMs: 60 };
const V2 = hashOf("manifest 2");
const open = leaseRecord({ state: "open", deadline: 400, paidUntil: 0 });
const active = leaseRecord();
const updating = leaseRecord({ pending: { version: 2, manifestHash: V2, resources: 0n, expiresAt: 1_000 } });
const unchecked = [
  {
    ...{ version: 1, manifestHash: hashOf("manifest"), failure: undefined },
    desired: [{ spec: containerSpec(), digest: "d1" }],
  },
];

describe("planLease, of containers that are checked", () => {
  it("confirms a start when they are healthy, and not while nothing is known or they still start", () => {
    expect(plan(open, { c1: "healthy" })).to.deep.equal(["confirm-start"]);
    expect(plan(open, { c1: "starting" })).to.deep.equal(["wait"]);
    expect(plan(open, {})).to.deep.equal(["wait"]);
  });

  it("declines at the deadline a start that never got healthy", () => {
    expect(plan(open, { c1: "starting" }, { chainTime: 390 })).to.deep.equal(["decline"]);
    expect(plan(open, { c1: "healthy" }, { chainTime: 390 })).to.deep.equal(["confirm-start"]);
  });

  it("stops one that is not healthy: it is started again after the back-off of an exit", () => {
    expect(plan(active, { c1: "unhealthy" })).to.deep.equal(["stop c1"]);
    expect(plan(active, { c1: "starting" })).to.deep.equal(["wait"]);
    expect(plan(active, {})).to.deep.equal(["wait"]);
    const ended = observed({ state: "exited", exitCode: 143, finishedAt: NOW - 5 });
    expect(plan(active, {}, { containers: [ended] })).to.deep.equal(["note-exit c1"]);
  });

  it("confirms an update when the new one is healthy, and lets the old one serve until then", () => {
    const containers = [observed(), observed({ id: "c2", digest: "d2" })];
    const known = (state: HealthState) => plan(updating, { c1: "healthy", c2: state }, { containers });
    expect(known("starting")).to.deep.equal(["wait"]);
    expect(known("healthy")).to.deep.equal(["confirm-update"]);
    expect(known("unhealthy")).to.deep.equal(["stop c2"]);
  });

  it("declines an update whose container was unhealthy after each of its starts", () => {
    const ended = observed({ id: "c2", digest: "d2", state: "exited", exitCode: 143, finishedAt: NOW - 5 });
    const restarts = { d2: { count: 3, lastExitAt: NOW - 5, nextAt: NOW + 4_000 } };
    const facts = { containers: [observed(), ended], restarts };
    expect(plan(updating, { c1: "healthy" }, facts)).to.deep.equal(["decline-update"]);
  });

  it("leaves a container alone that nobody asked to check", () => {
    expect(plan(open, {}, { held: unchecked })).to.deep.equal(["confirm-start"]);
  });

  it("confirms at once a start that listens already, and not for another container that does", () => {
    const young = { held: unchecked, containers: [observed({ startedAt: NOW - 200 })] };
    expect(plan(open, {}, young)).to.deep.equal(["wait"]);
    expect(plan(open, {}, { ...young, listening: new Set(["c2"]) })).to.deep.equal(["wait"]);
    expect(plan(open, {}, { ...young, listening: new Set(["c1"]) })).to.deep.equal(["confirm-start"]);
    const ended = observed({ state: "exited", exitCode: 1, finishedAt: NOW - 5 });
    const facts = { held: unchecked, containers: [ended], listening: new Set(["c1"]) };
    expect(plan(open, {}, facts)).to.deep.equal(["note-exit c1"]);
  });
});

function plan(
  head: LeaseFacts["head"],
  health: LeaseFacts["health"] & object,
  changes: Partial<LeaseFacts> = {},
): string[] {
  const version = (number: number, digest: string) => ({
    version: number,
    manifestHash: number === 1 ? hashOf("manifest") : V2,
    desired: [{ spec: containerSpec({ health: HEALTH }), digest }],
    failure: undefined,
  });
  const containers: readonly ObservedContainer[] = [observed()];
  const facts = { head, confirmed: head, missingMs: 0, graceMs: 600, chainTime: 100, now: NOW };
  const held = [version(1, "d1"), version(2, "d2")];
  return planLease({ ...facts, held, containers, restarts: {}, doorsFresh: true, health, ...changes }).map(
    (action) => ("container" in action ? `${action.type} ${action.container.id}` : action.type),
  );
}
