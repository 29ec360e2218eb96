import { expect } from "chai";
import { requireMachines } from "../../../node-agent/src/commands/require-machines.ts";
import { labelsOf } from "../../../node-agent/src/containers/labels.ts";
import { SwarmEngine } from "../../../node-agent/src/containers/swarm/swarm-engine.ts";
import { SwarmGpus } from "../../../node-agent/src/containers/swarm/swarm-gpus.ts";
import { type ContainerSpec } from "../../../node-agent/src/domain/workload.ts";
import { codeOf } from "../../support/code-of.ts";
import { containerSpec } from "../support/builders.ts";
import { uuidOf } from "../support/gpu-reports.ts";
import { swarmConfig, useRecordedSwarm } from "../support/recorded-swarm.ts";
import { RecordingEngine } from "../support/recording-engine.ts";
import { silentLog } from "../support/silent-log.ts";
import { namedCards, PREPARED_LABELS, type RecordedNode } from "../support/swarm-nodes.ts";

interface RecordedService {
  readonly TaskTemplate: {
    readonly ContainerSpec: { readonly Privileges?: unknown };
    readonly Resources: { readonly Reservations: { readonly GenericResources: unknown } };
  };
}

const never = new AbortController().signal;
const PREPARED: RecordedNode = { id: "one", labels: PREPARED_LABELS };
const BARE: RecordedNode = { id: "two" };

/** What a swarm is asked for, and what is made of its answers: `test/swarm` has real ones. */
describe("machines of a swarm", () => {
  const swarm = useRecordedSwarm();

  it("count when they are ready, active and prepared", async () => {
    const nodes: readonly RecordedNode[] = [
      PREPARED,
      BARE,
      { id: "three", labels: { "fizz.prepared": "0" } },
      { ...PREPARED, id: "four", state: "down" },
      { ...PREPARED, id: "five", availability: "drain" },
    ];
    swarm.has(...nodes);
    expect((await engine().facts(never)).cpus).to.equal(4);
  });

  it("are asked for by their label, by each service", async () => {
    await engine().create(containerSpec(), "digest", never);
    const [service] = swarm.manager.askedServices as { TaskTemplate: { Placement: unknown } }[];
    expect(service?.TaskTemplate.Placement).to.deep.equal({
      Constraints: ["engine.labels.fizz.prepared==1"],
    });
  });

  it("hold what their managers' engines cannot say of a service", async () => {
    for (const api of ["1.41", "1.43", "1.44", "1.51"]) {
      swarm.manager.apiVersion = api;
      await engine().create({ ...containerSpec(), service: `api-${api}` }, api, never);
    }
    const confined = { NoNewPrivileges: true, Seccomp: { Mode: "default" }, AppArmor: { Mode: "default" } };
    expect(
      (swarm.manager.askedServices as RecordedService[]).map(
        ({ TaskTemplate }) => TaskTemplate.ContainerSpec.Privileges,
      ),
    ).to.deep.equal([undefined, undefined, confined, confined]);
  });

  it("tell of their cards while they are prepared and serve", async () => {
    const [one, two] = [uuidOf("1"), uuidOf("2")];
    const told = (uuid: string) => ({ [`fizz.gpu.${uuid}`]: "24564 NVIDIA GeForce RTX 4090" });
    const both = { ...told(one), ...told(two) };
    const read = async (changes: Partial<RecordedNode>): Promise<string[]> => {
      const node = { ...PREPARED, labels: { ...PREPARED_LABELS, ...both }, cards: [one, two], ...changes };
      swarm.has(BARE, node);
      return (await new SwarmGpus(swarm.manager.host, {}).read(never)).map(({ uuid }) => uuid);
    };
    expect(await read({})).to.deep.equal([one, two]);
    expect(await read({ availability: "pause" })).to.deep.equal([one, two]);
    expect(await read({ cards: [two] })).to.deep.equal([two]);
    expect(await read({ labels: { ...PREPARED_LABELS, ...told(one) } })).to.deep.equal([one]);
    for (const none of [{ labels: both }, { state: "down" }, { availability: "drain" }] as const)
      expect(await read(none)).to.deep.equal([]);
  });

  it("give cards by number, tell which they were, and give none where a manager would end what has one", async () => {
    const base = containerSpec();
    const spec = { ...base, limits: { ...base.limits, gpuUnits: 2 } };
    swarm.has(PREPARED);
    await engine().create(spec, "digest", never);
    const [asked] = swarm.manager.askedServices as RecordedService[];
    expect(asked?.TaskTemplate.Resources.Reservations.GenericResources).to.deep.equal([
      { DiscreteResourceSpec: { Kind: "NVIDIA-GPU", Value: 2 } },
    ]);
    const cards = [uuidOf("1"), uuidOf("2")];
    const at = "2026-01-01T00:00:00Z";
    const task = { ID: "t", ServiceID: "s", NodeID: "one", CreatedAt: at, UpdatedAt: at };
    const given = { GenericResources: namedCards(cards), DesiredState: "running" };
    const running = { ...task, ...given, Spec: {}, Status: { State: "running", Timestamp: at } };
    const { nodes } = swarm.manager.swarm;
    swarm.manager.swarm = {
      nodes: nodes ?? [],
      services: [{ ...SERVICE, Spec: { ...asked, Mode: SERVICE.Spec.Mode } }],
      tasks: [running],
    };
    const [container] = await engine().observe(never);
    expect(container?.gpus).to.deep.equal(cards);
    swarm.has(PREPARED, { ...PREPARED, id: "two", version: "20.10.24" });
    await engine().create({ ...spec, service: "a-worker-may-be-old" }, "digest", never);
    swarm.has({ ...PREPARED, version: "20.10.24" });
    expect(await codeOf(engine().create(spec, "digest", never))).to.equal("REQUIREMENT_MISSING");
    expect(await codeOf(new SwarmGpus(swarm.manager.host, {}).read(never))).to.equal("REQUIREMENT_MISSING");
    await engine().create(base, "without", never);
  });

  it("tell one end of a task that is given up, however often and late its machine tells of it", async () => {
    const task = (state: string, desired: string, minute: number) => ({
      ...{ ID: "t", ServiceID: "s", NodeID: "one", CreatedAt: at(0), UpdatedAt: at(minute) },
      ...{
        DesiredState: desired,
        Spec: {},
        Status: { State: state, Timestamp: at(state === "running" ? 1 : minute) },
      },
    });
    const node = engine();
    const told = async (...tasks: readonly unknown[]) => {
      swarm.has(PREPARED);
      swarm.manager.swarm = { ...swarm.manager.swarm, services: [serviceOf(containerSpec())], tasks };
      const [container] = await node.observe(never);
      return { state: container?.state, finishedAt: container?.finishedAt };
    };
    expect(await told(task("running", "running", 1))).to.deep.equal({ state: "running", finishedAt: null });
    const end = { state: "exited", finishedAt: Date.parse(at(2)) };
    expect(await told(task("running", "shutdown", 2))).to.deep.equal(end);
    expect(await told(task("running", "shutdown", 3))).to.deep.equal(end);
    expect(await told(task("complete", "shutdown", 4))).to.deep.equal(end);
    expect(await told(task("orphaned", "shutdown", 5))).to.deep.equal(end);
  });

  it("are waited for by a task beside one that runs on, which is the container meanwhile", async () => {
    const task = (id: string, state: string, minute: number) => ({
      ...{ ID: id, ServiceID: "s", NodeID: "one", CreatedAt: at(minute), UpdatedAt: at(minute) },
      ...{ DesiredState: "running", Spec: {}, Status: { State: state, Timestamp: at(minute) } },
    });
    const told = async (...tasks: readonly unknown[]) => {
      swarm.has(PREPARED);
      swarm.manager.swarm = { ...swarm.manager.swarm, services: [serviceOf(containerSpec())], tasks };
      const [container] = await engine().observe(never);
      return { state: container?.state, startedAt: container?.startedAt };
    };
    const [old, next] = [task("old", "running", 1), task("next", "pending", 2)];
    expect(await told(old, next)).to.deep.equal({ state: "running", startedAt: Date.parse(at(1)) });
    expect(await told(old, task("next", "shutdown", 3)), "given up").to.deep.equal(await told(old));
    expect(await told(next)).to.deep.equal({ state: "created", startedAt: null });
    const started = { state: "running", startedAt: Date.parse(at(2)) };
    expect(await told(old, task("next", "running", 2))).to.deep.equal(started);
  });

  it("that do not answer keep nobody waiting for the others", async () => {
    const silent = await RecordingEngine.start();
    try {
      silent.isSilent = true;
      const nodes: readonly RecordedNode[] = [PREPARED, { ...PREPARED, id: "two" }];
      swarm.has(...nodes);
      const container = { ContainerStatus: { ContainerID: "c" }, State: "running", Timestamp: at(1) };
      const task = { ID: "t", ServiceID: "s", NodeID: "two", CreatedAt: at(1), UpdatedAt: at(1), Spec: {} };
      const tasks = [{ ...task, DesiredState: "running", Status: container }];
      swarm.manager.swarm = { ...swarm.manager.swarm, services: [serviceOf(containerSpec())], tasks };
      const node = new SwarmEngine({
        ...{ host: swarm.manager.host, node: "test" },
        engines: { "10.0.0.2": silent.host },
      });
      const limit = AbortSignal.timeout(20_000);
      expect((await node.observe(limit)).map(({ state }) => state)).to.deep.equal(["running"]);
      expect(limit.aborted, "before the look's own limit").to.equal(false);
    } finally {
      await silent.stop();
    }
  }).timeout(30_000);

  it("stop the agent's start when none is prepared, and nothing runs that it must serve on", async () => {
    swarm.has(BARE);
    expect(await codeOf(started())).to.equal("REQUIREMENT_MISSING");
    swarm.has(BARE, { ...PREPARED, state: "down" });
    await started();
    swarm.has(BARE);
    swarm.manager.swarm = { ...swarm.manager.swarm, services: [SERVICE] };
    await started();
  });

  it("stop the start where there is no swarm, and not where it does not answer", async () => {
    swarm.manager.info = { Swarm: { LocalNodeState: "inactive" } };
    expect(await codeOf(started())).to.equal("REQUIREMENT_MISSING");
    await started("unix:///nowhere/docker.sock");
  });

  const SERVICE = {
    ID: "s",
    Version: { Index: 1 },
    Spec: { TaskTemplate: { Resources: { Limits: {} } }, Mode: { Replicated: { Replicas: 1 } } },
  };

  function at(minute: number): string {
    return `2026-01-01T00:0${minute}:00Z`;
  }

  /** As a manager has it that runs a container. */
  function serviceOf(spec: ContainerSpec): unknown {
    return { ...SERVICE, Spec: { ...SERVICE.Spec, Labels: labelsOf(spec, "digest") } };
  }

  function engine(): SwarmEngine {
    return new SwarmEngine({ host: swarm.manager.host, node: "test" });
  }

  async function started(host = swarm.manager.host): Promise<void> {
    await requireMachines(swarmConfig(host), "test", silentLog);
  }
});
