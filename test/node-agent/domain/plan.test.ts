import { expect } from "chai";
import { type Action, type LeaseFacts } from "../../../node-agent/src/domain/plan-facts.ts";
import { planLease } from "../../../node-agent/src/domain/plan.ts";
import { containerSpec, hashOf, leaseRecord, observed } from "../support/builders.ts";

const NOW = 1_000_000;
const V2 = hashOf("manifest 2");

const desired = (digest: string) => ({ spec: containerSpec(), digest });
const exited = { state: "exited", exitCode: 1, finishedAt: NOW - 5_000 } as const;
const counted = (count: number, nextAt: number) => ({ d1: { count, lastExitAt: NOW - 5_000, nextAt } });
const held = (digests: readonly string[] | undefined, changes: object = {}) => ({
  version: 1,
  manifestHash: hashOf("manifest"),
  desired: digests?.map(desired),
  failure: undefined,
  ...changes,
});
const open = leaseRecord({ state: "open", deadline: 400, paidUntil: 0 });
const active = leaseRecord();
const closed = leaseRecord({ state: "closed" });
const pending = { version: 2, manifestHash: V2, resources: 0n, expiresAt: 1_000 };
const updating = leaseRecord({ pending });

interface Row {
  readonly given: string;
  readonly facts: Partial<LeaseFacts>;
  readonly then: readonly string[];
}

const rows: readonly Row[] = [
  { given: "an open lease without its manifest", facts: { head: open, held: [] }, then: [] },
  {
    given: "an open lease whose doors were not asked for in this session",
    facts: { head: open, held: [held(undefined)], containers: [], doorsFresh: false },
    then: ["open-doors"],
  },
  {
    given: "an open lease while the gateway is away and doors are unknown",
    facts: { head: open, held: [held(undefined)], containers: [], doorsFresh: undefined },
    then: [],
  },
  {
    given: "an open lease with doors and nothing created",
    facts: { head: open, containers: [] },
    then: ["create d1"],
  },
  {
    given: "a created container",
    facts: { head: open, containers: [observed({ state: "created" })] },
    then: ["start c1"],
  },
  {
    given: "a created container that failed to start a moment ago",
    facts: {
      head: open,
      containers: [observed({ state: "created" })],
      restarts: { d1: { count: 1, lastExitAt: 0, nextAt: NOW + 700 } },
    },
    then: ["wait 700"],
  },
  {
    given: "a container that has just started",
    facts: { head: open, containers: [observed({ startedAt: NOW - 200 })] },
    then: ["wait 800"],
  },
  { given: "an open lease with everything running", facts: { head: open }, then: ["confirm-start"] },
  {
    given: "an open lease with one of two containers running",
    facts: { head: open, held: [held(["d1", "d2"])] },
    then: ["create d2"],
  },
  {
    given: "an image that is missing for good",
    facts: {
      head: open,
      containers: [],
      held: [held(["d1"], { failure: { reason: "node.image_pull_failed", final: true } })],
    },
    then: ["decline node.image_pull_failed"],
  },
  {
    given: "an image that could not be pulled for now",
    facts: {
      head: open,
      containers: [],
      held: [held(["d1"], { failure: { reason: "node.image_pull_failed", final: false } })],
    },
    then: ["create d1"],
  },
  {
    given: "a start deadline that is too near with nothing running",
    facts: {
      head: open,
      chainTime: 390,
      containers: [],
      held: [held(["d1"], { failure: { reason: "node.image_pull_failed", final: false } })],
    },
    then: ["decline node.image_pull_failed"],
  },
  {
    given: "a near deadline with everything running",
    facts: { head: open, chainTime: 390 },
    then: ["confirm-start"],
  },
  { given: "a start deadline that has passed", facts: { head: open, chainTime: 400 }, then: [] },
  {
    given: "a container of an open lease that crashed three times",
    facts: { head: open, containers: [observed(exited)], restarts: counted(3, NOW - 1) },
    then: ["decline node.start_failed"],
  },
  {
    given: "an exit that was not noted yet",
    facts: { head: active, containers: [observed(exited)] },
    then: ["note-exit c1"],
  },
  {
    given: "an exit whose back-off runs",
    facts: { head: active, containers: [observed(exited)], restarts: counted(1, NOW + 400) },
    then: ["wait 400"],
  },
  {
    given: "an exit whose back-off is over",
    facts: { head: active, containers: [observed(exited)], restarts: counted(1, NOW) },
    then: ["restart c1"],
  },
  {
    given: "a crash loop of an active lease",
    facts: { head: active, containers: [observed(exited)], restarts: counted(50, NOW) },
    then: ["restart c1"],
  },
  { given: "an active lease with everything running", facts: { head: active }, then: [] },
  {
    given: "an active lease whose container is gone",
    facts: { head: active, containers: [] },
    then: ["create d1"],
  },
  { given: "an active lease of which the manifest is lost", facts: { head: active, held: [] }, then: [] },
  {
    given: "an active lease after the gateway came back",
    facts: { head: active, doorsFresh: false },
    then: ["open-doors"],
  },
  { given: "a reclaiming lease", facts: { head: leaseRecord({ state: "reclaiming" }) }, then: [] },
  { given: "an exhausted lease", facts: { head: active, chainTime: 10_000 }, then: ["close-exhausted"] },
  {
    given: "an update with its manifest",
    facts: { head: updating, held: [held(["d1"]), held(["d2"], { version: 2, manifestHash: V2 })] },
    then: ["create d2"],
  },
  { given: "an update without its manifest", facts: { head: updating }, then: [] },
  {
    given: "an update whose containers run",
    facts: {
      head: updating,
      held: [held(["d1"]), held(["d2"], { version: 2, manifestHash: V2 })],
      containers: [observed(), observed({ id: "c2", digest: "d2", version: 2 })],
    },
    then: ["confirm-update 2"],
  },
  {
    given: "an update that changes no container",
    facts: { head: updating, held: [held(["d1"]), held(["d1"], { version: 2, manifestHash: V2 })] },
    then: ["confirm-update 2"],
  },
  {
    given: "an update whose image is missing",
    facts: {
      head: updating,
      held: [
        held(["d1"]),
        held(["d2"], {
          version: 2,
          manifestHash: V2,
          failure: { reason: "node.image_pull_failed", final: true },
        }),
      ],
    },
    then: ["decline-update node.image_pull_failed"],
  },
  {
    given: "an update that is about to expire",
    facts: {
      head: updating,
      chainTime: 995,
      held: [held(["d1"]), held(["d2"], { version: 2, manifestHash: V2 })],
    },
    then: [],
  },
  {
    given: "a declined update whose new container is left",
    facts: { head: active, containers: [observed(), observed({ id: "c2", digest: "d2", version: 2 })] },
    then: ["remove c2"],
  },
  {
    given: "a new version at the head only",
    facts: {
      head: leaseRecord({ version: 2, manifestHash: V2 }),
      confirmed: active,
      held: [held(["d2"], { version: 2, manifestHash: V2 })],
      containers: [observed(), observed({ id: "c2", digest: "d2" })],
    },
    then: ["stop c1"],
  },
  {
    given: "a new version at depth",
    facts: {
      head: leaseRecord({ version: 2, manifestHash: V2 }),
      confirmed: leaseRecord({ version: 2, manifestHash: V2 }),
      held: [held(["d2"], { version: 2, manifestHash: V2 })],
      containers: [observed(exited), observed({ id: "c2", digest: "d2" })],
    },
    then: ["remove c1"],
  },
  { given: "a lease closed at the head only", facts: { head: closed, confirmed: active }, then: [] },
  {
    given: "a lease closed at depth",
    facts: { head: closed, confirmed: closed },
    then: ["tear-down closed"],
  },
  { given: "a lease that a reorg reopened", facts: { head: active, confirmed: closed }, then: [] },
  {
    given: "a lease that is gone from the head",
    facts: { head: undefined, confirmed: active, missingMs: 900 },
    then: [],
  },
  {
    given: "a lease that vanished a moment ago",
    facts: { head: undefined, confirmed: undefined, missingMs: 599 },
    then: [],
  },
  {
    given: "a lease that has been missing for the grace time",
    facts: { head: undefined, confirmed: undefined, missingMs: 600 },
    then: ["tear-down vanished"],
  },
];

describe("planLease", () => {
  for (const row of rows) {
    it(`given ${row.given}: ${row.then.length === 0 ? "does nothing" : row.then.join(", ")}`, () => {
      expect(planLease(facts(row.facts)).map(textOf)).to.deep.equal(row.then);
    });
  }

  it("gives the same plan for the same facts", () => {
    for (const row of rows) expect(planLease(facts(row.facts))).to.deep.equal(planLease(facts(row.facts)));
  });

  it("never removes, stops or tears down while the confirmed view has the lease active and unchanged", () => {
    for (const head of [active, closed, undefined, updating]) {
      const kinds = planLease(facts({ head, confirmed: active, missingMs: 10_000_000 })).map(
        ({ type }) => type,
      );
      expect(kinds).to.not.include.members(["remove"]);
      expect(kinds).to.not.include.members(["stop"]);
      expect(kinds).to.not.include.members(["tear-down"]);
    }
  });

  function facts(changes: Partial<LeaseFacts>): LeaseFacts {
    const head = "head" in changes ? changes.head : active;
    return {
      head,
      confirmed: head,
      missingMs: 0,
      graceMs: 600,
      chainTime: 100,
      now: NOW,
      held: [held(["d1"])],
      containers: [observed()],
      restarts: {},
      doorsFresh: true,
      ...changes,
    };
  }

  function textOf(action: Action): string {
    switch (action.type) {
      case "create":
        return `create ${action.desired.digest}`;
      case "start":
      case "restart":
      case "note-exit":
      case "stop":
      case "park":
      case "return":
      case "resize":
      case "renew":
      case "evict":
      case "remove":
        return `${action.type} ${action.container.id}`;
      case "decline":
      case "decline-update":
        return `${action.type} ${action.reason}`;
      case "confirm-update":
        return `${action.type} ${action.version}`;
      case "tear-down":
        return `${action.type} ${action.why}`;
      case "wait":
        return `${action.type} ${action.ms}`;
      case "open-doors":
      case "confirm-start":
      case "close-exhausted":
        return action.type;
    }
  }
});
