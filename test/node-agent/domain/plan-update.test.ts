import { expect } from "chai";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import {
  type Action,
  DRAIN_MS,
  type HeldVersion,
  type LeaseFacts,
} from "../../../node-agent/src/domain/plan-facts.ts";
import { rolesOf } from "../../../node-agent/src/domain/container-roles.ts";
import { planLease } from "../../../node-agent/src/domain/plan.ts";
import { containerSpec, hashOf, leaseRecord, observed } from "../support/builders.ts";

const NOW = 1_000_000;
const V2 = hashOf("manifest 2");
const LARGE = { milliCpu: 500, memoryBytes: 64n << 20n };
const SMALL = { milliCpu: 250, memoryBytes: 32n << 20n };

const active = leaseRecord();
const pending = { version: 2, manifestHash: V2, resources: 0n, expiresAt: 1_000 };
const updating = leaseRecord({ pending });
const updated = leaseRecord({ version: 2, manifestHash: V2 });

describe("planLease, of an update", () => {
  describe("that changes resources alone", () => {
    const large = version(2, ["d1"], { limits: LARGE });

    it("changes the limits of what runs, and confirms when they are changed", () => {
      const facts = { head: updating, held: [version(1, ["d1"]), large] };
      expect(plan({ ...facts, containers: [observed()] })).to.deep.equal(["resize c1 500 v2"]);
      expect(plan({ ...facts, containers: [observed({ limits: LARGE })] })).to.deep.equal([
        "confirm-update 2",
      ]);
    });

    it("does not set them back before the chain has the new version, nor after", () => {
      const grown = [observed({ limits: LARGE })];
      expect(plan({ head: updated, confirmed: active, held: [large], containers: grown })).to.deep.equal([]);
    });

    it("sets them back when it is declined, expires, or a reorg takes it away", () => {
      const grown = [observed({ limits: LARGE })];
      for (const [head, chainTime] of [
        [active, 100],
        [updating, 995],
      ] as const) {
        const held = head === active ? [version(1, ["d1"])] : [version(1, ["d1"]), large];
        expect(plan({ head, chainTime, held, containers: grown })).to.deep.equal(["resize c1 250 v1"]);
      }
    });

    it("is declined when more memory is in use than it leaves", () => {
      const failure = { reason: "node.resources_in_use", final: true } as const;
      const held = [version(1, ["d1"]), version(2, ["d1"], { limits: LARGE, failure })];
      expect(plan({ head: updating, held, containers: [observed()] })).to.deep.equal([
        "decline-update node.resources_in_use",
      ]);
    });

    it("gives new limits to a container whose lease nobody updates, after a crash in between", () => {
      expect(plan({ head: updated, held: [large], containers: [observed({ limits: SMALL })] })).to.deep.equal(
        ["resize c1 500 v2"],
      );
    });

    it("makes a container anew that an earlier agent made, the new one first", () => {
      const former = (digest: string, formerDigest: string, limits = SMALL): HeldVersion => {
        const base = version(2, [digest], { limits });
        return { ...base, desired: base.desired?.map((entry) => ({ ...entry, formerDigest })) };
      };
      const first = { ...former("d1", "f1"), version: 1, manifestHash: hashOf("manifest") };
      const old = observed({ digest: "f1" });
      expect(plan({ head: active, held: [first], containers: [old] })).to.deep.equal([]);
      const held = [first, former("d1", "f2", LARGE)];
      expect(plan({ head: updating, held, containers: [old] })).to.deep.equal(["create d1"]);
    });
  });

  describe("that changes resources of one service and the image of another", () => {
    const held = [version(1, ["d1", "d2"]), version(2, ["d1", "d3"], { limits: LARGE })];
    const old = [observed(), observed({ id: "c2", digest: "d2" })];

    it("brings up what is new before it changes what runs", () => {
      expect(plan({ head: updating, held, containers: old })).to.deep.equal(["create d3"]);
      const starting = observed({ id: "c3", digest: "d3", state: "created", limits: LARGE });
      expect(plan({ head: updating, held, containers: [...old, starting] })).to.deep.equal(["start c3"]);
      const up = observed({ id: "c3", digest: "d3", limits: LARGE });
      expect(plan({ head: updating, held, containers: [...old, up] })).to.deep.equal(["resize c1 500 v2"]);
    });

    it("leaves the limits as they are when the new container fails after they were changed", () => {
      const failed = observed({ id: "c3", digest: "d3", state: "exited", exitCode: 1, finishedAt: NOW - 9 });
      const grown = [observed({ limits: LARGE }), observed({ id: "c2", digest: "d2" }), failed];
      expect(plan({ head: updating, held, containers: grown })).to.deep.equal(["note-exit c3"]);
    });
  });

  describe("that changes the number of replicas", () => {
    it("starts only those that are new", () => {
      const held = [version(1, ["d1"]), version(2, ["d1", "d2", "d3"])];
      expect(plan({ head: updating, held, containers: [observed()] })).to.deep.equal([
        "create d2",
        "create d3",
      ]);
    });

    it("stops only those that leave, when the chain has the new version", () => {
      const held = [version(1, ["d1", "d2"]), version(2, ["d1"])];
      const both = [observed(), observed({ id: "c2", digest: "d2" })];
      expect(plan({ head: updating, held, containers: both })).to.deep.equal(["confirm-update 2"]);
      const after = { head: updated, held: [version(2, ["d1"])], containers: both };
      expect(plan({ ...after, confirmed: active })).to.deep.equal(["stop c2"]);
      expect(plan({ ...after, confirmed: updated })).to.deep.equal(["remove c2"]);
    });
  });

  describe("that the chain has", () => {
    const held = [version(2, ["d2"])];
    const containers = [observed(), observed({ id: "c2", digest: "d2" })];
    const after = (connections: number, since: number, changes: Partial<LeaseFacts> = {}): string[] =>
      plan({ head: updated, held, containers, leaving: { c1: { since, connections } }, ...changes });

    it("lets the callers of the old container finish, for a while", () => {
      expect(after(3, NOW - DRAIN_MS + 700)).to.deep.equal(["wait 700"]);
      expect(after(3, NOW - DRAIN_MS)).to.deep.equal(["remove c1"]);
      expect(after(0, NOW)).to.deep.equal(["remove c1"]);
      expect(after(0, NOW, { confirmed: active })).to.deep.equal(["stop c1"]);
    });

    it("tells the gateway before the old container goes, and does not wait for ever where it cannot", () => {
      expect(after(0, NOW, { doorsFresh: false })).to.deep.equal(["open-doors", `wait ${DRAIN_MS}`]);
      expect(after(0, NOW - DRAIN_MS, { doorsFresh: false })).to.deep.equal(["open-doors", "remove c1"]);
      expect(after(0, NOW, { doorsFresh: undefined })).to.deep.equal(["remove c1"]);
    });
  });

  describe("that cannot be brought up", () => {
    const held = [version(1, ["d1"]), version(2, ["d2"])];
    const failed = observed({ id: "c2", digest: "d2", state: "exited", exitCode: 1, finishedAt: NOW - 9 });
    const restarts = { d2: { count: 3, lastExitAt: NOW - 9, nextAt: NOW + 9_000 } };

    it("is declined when its container has failed to start too often, and what is left of it goes", () => {
      const containers = [observed(), failed];
      expect(plan({ head: updating, held, containers, restarts })).to.deep.equal([
        "decline-update node.update_failed",
      ]);
      expect(plan({ head: active, held: [version(1, ["d1"])], containers, restarts })).to.deep.equal([
        "remove c2",
      ]);
    });

    it("is declined shortly before it expires, with the reason where there is one", () => {
      const facts = { head: updating, chainTime: 990, containers: [observed()] };
      expect(plan({ ...facts, held })).to.deep.equal(["decline-update node.update_failed"]);
      const failure = { reason: "node.image_pull_failed", final: false } as const;
      const pulling = [version(1, ["d1"]), version(2, ["d2"], { failure })];
      expect(plan({ ...facts, held: pulling })).to.deep.equal(["decline-update node.image_pull_failed"]);
    });

    it("is confirmed shortly before it expires when it runs", () => {
      const containers = [observed(), observed({ id: "c2", digest: "d2" })];
      expect(plan({ head: updating, chainTime: 990, held, containers })).to.deep.equal(["confirm-update 2"]);
    });

    it("is dropped when it expires: what is left of it goes, the old version runs on", () => {
      const containers = [observed(), observed({ id: "c2", digest: "d2", startedAt: NOW - 100 })];
      expect(plan({ head: updating, chainTime: 994, held, containers })).to.deep.equal(["remove c2"]);
    });
  });

  describe("for which there is no room beside what runs", () => {
    const replicas = (number: 1 | 2): HeldVersion => {
      const base = version(number, []);
      const spec = containerSpec({ version: number });
      const entry = (replica: number) => ({ digest: `v${number}r${replica}`, spec: { ...spec, replica } });
      return { ...base, desired: [entry(0), entry(1)] };
    };
    const held = [replicas(1), replicas(2)];
    // Two replicas of 32 MiB, and room for three.
    const crowded = { memoryBytes: 96n << 20n, gpuUnits: undefined, otherwise: "stop-first" } as const;
    const one = (number: 1 | 2, replica: number, changes: Partial<ObservedContainer> = {}) =>
      observed({
        ...{ id: `v${number}r${replica}`, digest: `v${number}r${replica}`, version: number, replica },
        ...changes,
      });
    const made = { state: "created", startedAt: null } as const;
    const ended = { state: "exited", exitCode: 137, finishedAt: NOW - 9 } as const;
    const olds = [one(1, 0), one(1, 1)];
    const roll = (containers: readonly ObservedContainer[], changes: Partial<LeaseFacts> = {}): string[] =>
      plan({ head: updating, held, room: crowded, containers, ...changes });

    it("makes all, then stops, keeps and replaces one replica after the other, and confirms", () => {
      expect(roll(olds)).to.deep.equal(["create v2r0", "create v2r1"]);
      expect(roll([...olds, one(2, 0, made)])).to.deep.equal(["create v2r1"]);
      const all = (...[first, second, third, fourth]: Partial<ObservedContainer>[]): ObservedContainer[] => [
        ...[one(1, 0, first), one(1, 1, second), one(2, 0, third), one(2, 1, fourth)],
      ];
      expect(roll(all({}, {}, made, made))).to.deep.equal(["park v1r0"]);
      expect(roll(all(ended, {}, made, made))).to.deep.equal(["start v2r0"]);
      expect(roll(all(ended, {}, { startedAt: NOW - 100 }, made))).to.deep.equal(["wait 900"]);
      expect(roll(all(ended, {}, {}, made))).to.deep.equal(["park v1r1"]);
      expect(roll(all(ended, ended, {}, made))).to.deep.equal(["start v2r1"]);
      expect(roll(all(ended, ended, {}, {}))).to.deep.equal(["confirm-update 2"]);
    });

    it("keeps the other replicas as they should be meanwhile", () => {
      const containers = [one(1, 0, ended), one(1, 1, ended), one(2, 0, { startedAt: NOW }), one(2, 1, made)];
      expect(roll(containers)).to.deep.equal(["note-exit v1r1", "wait 1000"]);
    });

    it("starts the old ones again before it is declined, when a new one fails, and tells of no exit", () => {
      const failed = one(2, 1, { ...ended, exitCode: 1 });
      const restarts = { v2r1: { count: 3, lastExitAt: NOW - 9, nextAt: NOW + 9_000 } };
      const containers = [one(1, 0, ended), one(1, 1, ended), one(2, 0), failed];
      const back = ["return v1r0", "return v1r1"];
      expect(roll(containers, { restarts })).to.deep.equal([
        ...["stop v2r0", ...back],
        "decline-update node.update_failed",
      ]);
      const after = [one(1, 0), one(1, 1), one(2, 0, ended), failed];
      expect(roll(after, { restarts })).to.deep.equal(["decline-update node.update_failed"]);
      const declined = { head: active, held: [replicas(1)], restarts };
      expect(roll(after, declined)).to.deep.equal(["remove v2r0", "remove v2r1"]);
      const halfBack = [one(1, 0), one(1, 1, ended), one(2, 0, ended), failed];
      expect(roll(halfBack, declined)).to.deep.equal(["return v1r1", "remove v2r0", "remove v2r1"]);
    });

    it("starts the old ones again when one new one was refused by the engine", () => {
      const restarts = { v2r0: { count: 3, lastExitAt: 0, nextAt: NOW } };
      expect(
        roll([one(1, 0, ended), one(1, 1), one(2, 0, made), one(2, 1, made)], { restarts }),
      ).to.deep.equal(["return v1r0", "decline-update node.update_failed"]);
    });

    it("starts the old ones again when it expires, is declined, or a reorg takes it away, the new ones ended first", () => {
      const containers = [one(1, 0, ended), one(1, 1), one(2, 0), one(2, 1, made)];
      const back = ["stop v2r0", "return v1r0", "remove v2r0", "remove v2r1"];
      expect(roll(containers, { chainTime: 995 })).to.deep.equal(back);
      expect(roll(containers, { head: active, held: [replicas(1)] })).to.deep.equal(back);
      const reorged = [one(1, 0, ended), one(1, 1, ended), one(2, 0), one(2, 1)];
      expect(roll(reorged, { head: active, held: [replicas(1)] })).to.deep.equal([
        ...["stop v2r0", "stop v2r1", "return v1r0", "return v1r1"],
        ...["remove v2r0", "remove v2r1"],
      ]);
    });

    it("counts an end of a new one as ever when the chain has the new version", () => {
      const head = updated;
      const containers = [one(1, 0, ended), one(1, 1, ended), one(2, 0, ended), one(2, 1)];
      const facts = { head, confirmed: active, held: [replicas(2)] };
      expect(roll(containers, facts)).to.deep.equal(["note-exit v2r0"]);
    });

    it("is declined by a provider's node before anything is made or stopped", () => {
      const room = { ...crowded, otherwise: "decline" } as const;
      expect(roll(olds, { room })).to.deep.equal(["decline-update node.no_capacity"]);
      const wide = { ...room, memoryBytes: 128n << 20n };
      expect(roll(olds, { room: wide })).to.deep.equal(["create v2r0", "create v2r1"]);
      // What runs beside it already is not given up for a lease that came meanwhile.
      expect(roll([...olds, one(2, 0), one(2, 1)], { room })).to.deep.equal(["confirm-update 2"]);
    });

    it("leads callers of a stopped replica to the new one, and nobody else", () => {
      const containers = [one(1, 0, ended), one(1, 1), one(2, 0), one(2, 1, made)];
      const facts = { head: updating, held, containers };
      expect([...(rolesOf({ ...facts, room: crowded })?.standIns ?? [])]).to.deep.equal(["v2r0"]);
      expect(rolesOf(facts)?.standIns.size).to.equal(0);
    });
  });

  it("is replaced by another one: what was made for the first goes, the second is brought up", () => {
    const V3 = hashOf("manifest 3");
    const head = leaseRecord({ pending: { ...pending, manifestHash: V3 } });
    const third = { ...version(2, ["d3"]), manifestHash: V3 };
    const containers = [observed(), observed({ id: "c2", digest: "d2" })];
    const facts = { head, held: [version(1, ["d1"]), third] };
    expect(plan({ ...facts, containers })).to.deep.equal(["remove c2", "create d3"]);
    const both = [...containers, observed({ id: "c3", digest: "d3" })];
    expect(plan({ ...facts, containers: both })).to.deep.equal(["remove c2", "confirm-update 2"]);
    const head3 = leaseRecord({ version: 2, manifestHash: V3 });
    const after = plan({ head: head3, held: [third], containers: both });
    expect(after).to.have.members(["remove c1", "remove c2"]);
  });
});

function version(
  number: 1 | 2,
  digests: readonly string[],
  changes: { limits?: typeof LARGE; failure?: HeldVersion["failure"] } = {},
): HeldVersion {
  const spec = containerSpec({ version: number });
  const limits = { ...spec.limits, ...changes.limits };
  return {
    version: number,
    manifestHash: number === 1 ? hashOf("manifest") : V2,
    desired: digests.map((digest) => ({ digest, spec: { ...spec, limits } })),
    failure: changes.failure,
  };
}

function plan(
  changes: Partial<LeaseFacts> & { readonly containers: readonly ObservedContainer[] },
): string[] {
  const { head } = changes;
  const facts = { head: active, confirmed: head, missingMs: 0, graceMs: 600, chainTime: 100, now: NOW };
  return planLease({ ...facts, held: [version(1, ["d1"])], restarts: {}, doorsFresh: true, ...changes }).map(
    textOf,
  );
}

function textOf(action: Action): string {
  if (action.type === "create") return `create ${action.desired.digest}`;
  if (action.type === "resize")
    return `resize ${action.container.id} ${action.limits.milliCpu} v${action.version}`;
  if (action.type === "decline-update") return `decline-update ${action.reason}`;
  if (action.type === "confirm-update") return `confirm-update ${action.version}`;
  if (action.type === "wait") return `wait ${action.ms}`;
  return "container" in action ? `${action.type} ${action.container.id}` : action.type;
}
