import { expect } from "chai";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import { type LeaseFacts } from "../../../node-agent/src/domain/plan-facts.ts";
import { planLease } from "../../../node-agent/src/domain/plan.ts";
import { heldServices, inStopOrder } from "../../../node-agent/src/domain/start-order.ts";
import { containerSpec, hashOf, leaseRecord, observed } from "../support/builders.ts";

const NOW = 1_000_000;
const open = leaseRecord({ state: "open", deadline: 400, paidUntil: 0 });

/** A web that depends on two replicas of an api, which depends on a database. */
const services = [
  ["db", 0, []],
  ["api", 0, ["db"]],
  ["api", 1, ["db"]],
  ["web", 0, ["api"]],
] as const;
const desired = services.map(([service, replica, dependencies]) => ({
  spec: containerSpec({ service, replica, dependencies: [...dependencies] }),
  digest: `${service}${replica}`,
}));
const one = (digest: string, changes: Partial<ObservedContainer> = {}): ObservedContainer =>
  observed({
    id: digest,
    digest,
    service: digest.slice(0, -1),
    replica: Number(digest.slice(-1)),
    ...changes,
  });
const created = { state: "created", startedAt: null } as const;
const young = { startedAt: NOW - 400 };
const exited = { state: "exited", exitCode: 1, finishedAt: NOW - 5_000 } as const;

describe("the order in which services start", () => {
  const rows: readonly [string, Partial<LeaseFacts>, readonly string[]][] = [
    [
      "makes all of them at once: images come in parallel to what starts",
      { containers: [] },
      ["create db0", "create api0", "create api1", "create web0"],
    ],
    [
      "starts what depends on nothing first",
      { containers: ["db0", "api0", "api1", "web0"].map((digest) => one(digest, created)) },
      ["start db0"],
    ],
    [
      "waits until it is up",
      { containers: [one("db0", young), ...["api0", "api1", "web0"].map((digest) => one(digest, created))] },
      ["wait 600"],
    ],
    [
      "starts all replicas of the next",
      { containers: [one("db0"), ...["api0", "api1", "web0"].map((digest) => one(digest, created))] },
      ["start api0", "start api1"],
    ],
    [
      "waits for the last replica, and for its back-off",
      {
        containers: [one("db0"), one("api0"), one("api1", exited), one("web0", created)],
        restarts: { api1: { count: 1, lastExitAt: NOW - 5_000, nextAt: NOW + 300 } },
      },
      ["wait 300"],
    ],
    [
      "confirms when all are up",
      { containers: ["db0", "api0", "api1", "web0"].map((digest) => one(digest)) },
      ["confirm-start"],
    ],
    [
      "does not start a dependent again before what it needs, and touches none that runs",
      {
        head: leaseRecord(),
        containers: [one("db0", exited), one("api0", exited), one("api1"), one("web0")],
        restarts: {
          db0: { count: 1, lastExitAt: NOW - 5_000, nextAt: 0 },
          api0: { count: 1, lastExitAt: NOW - 5_000, nextAt: 0 },
        },
      },
      ["restart db0"],
    ],
  ];
  for (const [title, changes, actions] of rows)
    it(title, () => {
      const plan = planLease(facts(changes)).map((action) => {
        if (action.type === "create") return `create ${action.desired.digest}`;
        if ("container" in action) return `${action.type} ${action.container.id}`;
        return action.type === "wait" ? `wait ${action.ms}` : action.type;
      });
      expect(plan).to.deep.equal(actions);
    });

  it("waits for ever rather than confirm what can never start", () => {
    const circle = [
      { spec: containerSpec({ service: "a", dependencies: ["b"] }), digest: "a0" },
      { spec: containerSpec({ service: "b", dependencies: ["a"] }), digest: "b0" },
    ];
    const containers = [one("a0", created), one("b0", created)];
    expect(planLease(facts({ held: [held(circle)], containers }))).to.deep.equal([
      { type: "wait", ms: 1_000 },
    ]);
  });

  it("is not held up by a service that is not among what is brought up", () => {
    const upcoming = [{ spec: { service: "web", dependencies: ["db"] }, isUp: false }];
    expect([...heldServices(upcoming)]).to.deep.equal([]);
  });

  function held(containers: typeof desired) {
    return { version: 1, manifestHash: hashOf("manifest"), desired: containers, failure: undefined };
  }

  function facts(changes: Partial<LeaseFacts>): LeaseFacts {
    const base = { confirmed: open, missingMs: 0, graceMs: 600, chainTime: 100, now: NOW, restarts: {} };
    return { ...base, head: open, held: [held(desired)], containers: [], doorsFresh: true, ...changes };
  }
});

describe("the order in which services end", () => {
  it("is the other way round, replicas together, and what is unknown first", () => {
    const containers = ["db0", "api0", "old0", "web0", "api1"].map((digest) => one(digest));
    const order = inStopOrder(containers, ["db", "api", "web", "db", "worker"]);
    expect(order.map((group) => group.map(({ id }) => id))).to.deep.equal([
      ["old0"],
      ["web0"],
      ["api0", "api1"],
      ["db0"],
    ]);
  });

  it("leaves nobody out, and has no empty step", () => {
    expect(inStopOrder([], ["db"])).to.deep.equal([]);
    expect(inStopOrder([one("db0")], [])).to.deep.equal([[one("db0")]]);
  });
});
