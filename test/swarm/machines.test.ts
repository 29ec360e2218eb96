import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { type SwarmEngine } from "../../node-agent/src/containers/swarm/swarm-engine.ts";
import { SANDBOX_IMAGE } from "../../node-agent/src/containers/sandbox-image.ts";
import { checkSwarm } from "../../node-agent/src/commands/check-swarm.ts";
import { CopyDesk } from "../../node-agent/src/leases/copy-desk.ts";
import { hostRules } from "../../node-agent/src/domain/host-preparation.ts";
import { type ObservedContainer, wayInto } from "../../node-agent/src/domain/observed.ts";
import { type ContainerSpec } from "../../node-agent/src/domain/workload.ts";
import { ensureSandboxImage } from "../../scripts/lib/sandbox-image.ts";
import { newNode, swarmNode } from "../compliance/engine-swarm.ts";
import { codeOf } from "../support/code-of.ts";
import {
  createSwarmLab,
  PREPARED_ENGINE,
  type SwarmLab,
  type SwarmMachine,
  whyNoSwarmLab,
} from "../support/netns/swarm-lab.ts";
import { until } from "../support/until.ts";
import { HELLO_IMAGE } from "../../scripts/lib/hello-image.ts";
import { containerSpec, hashOf } from "../node-agent/support/builders.ts";
import { swarmConfig } from "../node-agent/support/recorded-swarm.ts";

const PORT = 8080;
const SERVE = `echo one; echo two; mkdir -p /tmp/www; hostname > /tmp/www/index.html; httpd -f -p ${PORT} -h /tmp/www`;
const WAIT_MS = 60_000;
/** For an engine that starts anew to be a machine of its swarm again, next to everything else that runs. */
const MACHINE_BACK_MS = 150_000;

interface TaskTimes {
  readonly ServiceID: string;
  readonly Status: { readonly State: string; readonly Timestamp: string };
}

const signal = (): AbortSignal => AbortSignal.timeout(WAIT_MS);

/** Two machines, each with an engine of its own, of which the first one manages the swarm. The tests follow one lease. */
describe("swarm of two machines", function () {
  this.timeout(180_000);
  const lease = newLease();
  let lab: SwarmLab;
  let manager: SwarmMachine;
  let worker: SwarmMachine;
  /** Reaches the worker's engine. */
  let own: SwarmEngine;
  /** The same node, without. */
  let blind: SwarmEngine;
  let here: ObservedContainer;
  let there: ObservedContainer;

  before(async function () {
    if (whyNoSwarmLab() !== undefined) return this.skip();
    lab = await createSwarmLab(2, { unprepared: 1 });
    const [first, second] = lab.machines;
    if (first === undefined || second === undefined) throw new Error("there are no two machines");
    [manager, worker] = [first, second];
    const node = newNode();
    own = swarmNode(lab, { node, reached: { [worker.address]: worker.engine.host } });
    blind = swarmNode(lab, { node });
  });

  after(async () => {
    await (lab as SwarmLab | undefined)?.stop();
  });

  it("uses a machine from when it is prepared, and not before", async () => {
    const both = [0, 1].map((replica) => webSpec(lease, { replica }));
    for (const { address } of await startAll(own, both)) expect(address).to.equal(manager.address);
    const { cpus } = await own.facts(signal());
    await removeAll(own, lease);
    await worker.engine.restart({ config: PREPARED_ENGINE });
    const counts = async (): Promise<boolean> => (await own.facts(signal())).cpus > cpus;
    await until(counts, "the machine counts", MACHINE_BACK_MS).catch(async (cause: unknown) => {
      const nodes = JSON.stringify(await manager.engine.client.listNodes());
      throw new Error(`${String(cause)}; the swarm has ${nodes}`, { cause });
    });
    const started = await startAll(own, both);
    here = onMachine(started, manager);
    there = onMachine(started, worker);
  });

  it("places replicas on both machines, reached from here and by name from each other", async () => {
    const pairs = [
      { from: here, to: there },
      { from: there, to: here },
    ];
    for (const { from, to } of pairs) {
      const name = `web-${to.replica}`;
      expect(await fetched(to)).to.equal(name);
      expect(await outputOf(own, from.id, `wget -q -O - http://${name}:${PORT}/`)).to.equal(name);
    }
  });

  it("tells what runs on a machine whose engine it does not reach, and says what it cannot do there", async () => {
    expect(await find(blind, there.id)).to.deep.include({ state: "running", address: worker.address });
    const program = { command: ["/bin/sh"], terminal: null };
    expect(await codeOf(blind.exec(there.id, program, signal()))).to.equal("EXEC_FAILED");
    const desk = new CopyDesk({ exec: (_lease, command, until) => blind.exec(there.id, command, until) });
    const copy = { service: "web", replica: there.replica, direction: "out", path: "/tmp" } as const;
    expect(await codeOf(desk.open(lease, copy, signal()))).to.equal("EXEC_FAILED");
    for await (const usage of blind.usage(there.id, signal()))
      expect(usage, "no reading").to.equal(undefined);
    const lines: string[] = [];
    for await (const { text } of blind.output(there.id, { follow: true, tail: null }, signal())) {
      lines.push(text);
      if (lines.length === 2) break;
    }
    expect(lines).to.deep.equal(["one", "two"]);
  });

  it("is held by the rules that prepare-host makes: its machine is out of reach, and only the agent reaches it", async () => {
    const way = wayInto(here, PORT, "tcp");
    const knock = (port: number): string =>
      `nc -w 3 ${manager.address} ${port} < /dev/null > /dev/null 2>&1 && echo open || echo closed`;
    const look = async () => [
      await outputOf(own, here.id, knock(2377)),
      await outputOf(own, there.id, knock(way?.port ?? 0)),
      await fetched(here),
    ];
    const name = `web-${here.replica}`;
    expect(await look()).to.deep.equal(["open", "open", name]);
    const machines = lab.machines.map(({ address }) => address);
    const rules = hostRules({ agent: lab.self, machines, resolvers: [] }, { blocked: [], allowed: [] });
    await setHostRules(manager, rules);
    expect(await look()).to.deep.equal(["closed", "closed", name]);
    const [closed, open] = await doctored([manager, worker]);
    expect(closed).to.match(/^ok Machine .*: containers reach no machine and no metadata$/);
    expect(open, "where no rules are").to.match(/^fail swarm\.machine_open: /);
    for (const address of machines) expect(open).to.include(`${address}:7946`);
    expect(
      await outputOf(own, there.id, `wget -q -O - http://${name}:${PORT}/`),
      "the lease itself",
    ).to.equal(name);
  });

  it("tells that a container is lost with its machine, starts it on the other, and tidies up when it is back", async () => {
    await worker.cut();
    try {
      await until(async () => (await find(own, there.id)).state === "exited", "the loss is told", WAIT_MS);
      expect(await find(own, there.id)).to.deep.include({
        exitCode: null,
        address: null,
        outOfMemory: false,
      });
      const left = await find(own, here.id);
      expect(left).to.deep.include({ state: "running", startedAt: here.startedAt });
      await own.start(there.id, signal());
      const moved = await find(own, there.id);
      expect(moved).to.deep.include({ state: "running", address: manager.address });
      expect(await fetched(moved)).to.equal(`web-${there.replica}`);
    } finally {
      await worker.mend();
    }
    const left = async (): Promise<number> => (await worker.engine.client.listContainers()).length;
    await until(
      async () => (await left()) === 0,
      "the lost one is ended on the machine that is back",
      WAIT_MS,
    );
  });

  it("starts the new task of a service that is changed before it ends the old one", async () => {
    const service = manager.engine.client.getService(here.id);
    const known = (await service.inspect()) as { Version: { Index: number }; Spec: { TaskTemplate: object } };
    const limits = { Resources: { Limits: { NanoCPUs: 100_000_000, MemoryBytes: 33_554_432 } } };
    const TaskTemplate = { ...known.Spec.TaskTemplate, ...limits };
    await service.update({ version: known.Version.Index, ...known.Spec, TaskTemplate });
    const atOf = async (states: readonly string[]): Promise<number | undefined> => {
      const all = (await manager.engine.client.listTasks()) as TaskTimes[];
      const tasks = all.filter(({ ServiceID }) => ServiceID === here.id);
      const found = tasks.find(({ Status }) => states.includes(Status.State));
      return found === undefined ? undefined : Date.parse(found.Status.Timestamp);
    };
    const ended = ["shutdown", "complete", "failed"];
    await until(async () => (await atOf(ended)) !== undefined, "the old task has ended", WAIT_MS);
    expect(await atOf(["running"])).to.be.below((await atOf(ended)) ?? 0);
    await removeAll(own, lease);
  });

  it("keeps a replica on the machine that has its persistent volume, and removes that with the lease", async () => {
    const kept = newLease();
    const volumes = [{ name: "data", path: "/data", readOnly: false, persistent: true }];
    const [first] = await startAll(own, [{ ...webSpec(kept), volumes }]);
    await outputOf(own, first?.id ?? "", "echo kept > /data/file");
    await own.remove(first?.id ?? "", signal());
    // So that the other machine would be the emptier one.
    const filler = newLease();
    await startAll(own, [webSpec(filler)]);
    const [second] = await startAll(own, [{ ...webSpec(kept), volumes, version: 2 }]);
    expect(second?.address).to.equal(first?.address);
    expect(await outputOf(own, second?.id ?? "", "cat /data/file")).to.equal("kept");
    await removeAll(own, kept);
    await removeAll(own, filler);
    const filters = { label: [`fizz.lease=${kept}`] };
    for (const { engine } of lab.machines)
      expect((await engine.client.listVolumes({ filters })).Volumes).to.deep.equal([]);
  });

  it("says when no machine has room, without waiting for one", async () => {
    const huge = newLease();
    const base = webSpec(huge);
    const large = { ...base, limits: { ...base.limits, milliCpu: 1_000_000 } };
    expect(await codeOf(patiently(() => startAll(own, [large])))).to.equal("ENGINE_FAILED");
    await removeAll(own, huge);
  });

  /** What doctor says of containers that it tried on each. */
  async function doctored(machines: readonly SwarmMachine[]): Promise<(string | undefined)[]> {
    const verdicts = await checkSwarm(
      swarmConfig(manager.engine.host, { FIZZ_NODE_SWARM_PROBE_IMAGE: HELLO_IMAGE }),
    );
    const told = verdicts.map((verdict) => verdict.join(" "));
    return machines.map(({ address }) => told.findLast((text) => text.includes(`(${address})`)));
  }

  /** By the tool of the sandbox's image, in the machine's own network. */
  async function setHostRules({ engine }: SwarmMachine, rules: string): Promise<void> {
    await ensureSandboxImage(engine.client);
    const script = 'printf "%s" "$RULES" | nft -f - 2>&1';
    const container = await engine.client.createContainer({
      Image: SANDBOX_IMAGE,
      Entrypoint: ["/bin/sh", "-c", script],
      Env: [`RULES=${rules}`],
      Tty: true,
      HostConfig: { NetworkMode: "host", CapAdd: ["NET_ADMIN"] },
    });
    await container.start();
    const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
    const told = (await container.logs({ stdout: true, stderr: true })).toString();
    await container.remove();
    expect(code, told).to.equal(0);
  }

  function newLease(): ContainerSpec["leaseHash"] {
    return hashOf(randomBytes(8).toString("hex"));
  }

  function webSpec(leaseHash: ContainerSpec["leaseHash"], { replica = 0 } = {}): ContainerSpec {
    const expose = [{ firstPort: PORT, lastPort: PORT, protocol: "tcp", usePublicPort: false }];
    return containerSpec({
      leaseHash,
      replica,
      command: ["/bin/sh", "-c", SERVE],
      aliases: ["web", `web-${replica}`],
      expose: expose as unknown as ContainerSpec["expose"],
    });
  }

  function onMachine(started: readonly ObservedContainer[], { address }: SwarmMachine): ObservedContainer {
    const found = started.find((container) => container.address === address);
    if (found === undefined) throw new Error(`none is on the machine ${address}`);
    return found;
  }

  async function startAll(
    engine: SwarmEngine,
    specs: readonly ContainerSpec[],
  ): Promise<ObservedContainer[]> {
    const started: ObservedContainer[] = [];
    for (const spec of specs) {
      const digest = randomBytes(32).toString("hex");
      await engine.create(spec, digest, signal());
      const made = (await engine.observe(signal())).find((container) => container.digest === digest);
      await engine.start(made?.id ?? "", signal());
      started.push(await find(engine, made?.id ?? ""));
    }
    return started;
  }

  async function find(engine: SwarmEngine, id: string): Promise<ObservedContainer> {
    const found = (await engine.observe(signal())).find((container) => container.id === id);
    if (found === undefined) throw new Error("the container is not there");
    return found;
  }

  async function removeAll(engine: SwarmEngine, leaseHash: ContainerSpec["leaseHash"]): Promise<void> {
    await patiently(async () => {
      for (const container of await engine.observe(signal()))
        if (container.leaseHash === leaseHash) await engine.remove(container.id, signal());
      await engine.removeLease(leaseHash, signal());
    });
  }

  /** As the agent does: an engine that died is there again soon. */
  async function patiently<T>(task: () => Promise<T>): Promise<T> {
    const end = Date.now() + WAIT_MS;
    for (;;)
      try {
        return await task();
      } catch (error) {
        const isAway = error instanceof ProtocolError && error.code === "ENGINE_UNREACHABLE";
        if (!isAway || Date.now() > end) throw error;
        await delay(1_000);
      }
  }

  /** As a door does. */
  async function fetched(container: ObservedContainer): Promise<string> {
    const way = wayInto(container, PORT, "tcp");
    if (way === undefined) throw new Error("there is no way into the container");
    let text = "";
    await until(
      async () => {
        const answer = await fetch(`http://${way.host}:${way.port}/`).catch(() => undefined);
        text = (await answer?.text())?.trim() ?? "";
        return answer !== undefined;
      },
      "the container answers",
      WAIT_MS,
    );
    return text;
  }

  async function outputOf(engine: SwarmEngine, id: string, script: string): Promise<string> {
    const session = await engine.exec(id, { command: ["/bin/sh", "-c", script], terminal: null }, signal());
    let text = "";
    for await (const { bytes } of session.output) text += Buffer.from(bytes).toString();
    session.close();
    return text.trim();
  }
});
