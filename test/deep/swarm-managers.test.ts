import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { type SwarmEngine } from "../../node-agent/src/containers/swarm/swarm-engine.ts";
import { type ObservedContainer } from "../../node-agent/src/domain/observed.ts";
import { swarmNode } from "../compliance/engine-swarm.ts";
import { containerSpec, hashOf } from "../node-agent/support/builders.ts";
import {
  createSwarmLab,
  type SwarmLab,
  type SwarmMachine,
  whyNoSwarmLab,
} from "../support/netns/swarm-lab.ts";
import { codeOf } from "../support/code-of.ts";
import { until } from "../support/until.ts";

const WAIT_MS = 90_000;

interface SwarmEntry {
  readonly ID: string;
  readonly Status: { readonly Addr: string };
  readonly ManagerStatus?: { readonly Addr: string };
}

const signal = (): AbortSignal => AbortSignal.timeout(WAIT_MS);

/**
 * Three machines that all manage one swarm: it stands while two of them have each other. Heartbeats are those of a
 * swarm by itself: with shorter ones a machine that is slow to find its new leader counts as lost. Takes about two minutes.
 */
describe("swarm of three managers", function () {
  this.timeout(300_000);
  const lease = hashOf(randomBytes(8).toString("hex"));
  let lab: SwarmLab;

  before(async function () {
    if (whyNoSwarmLab() !== undefined) return this.skip();
    lab = await createSwarmLab(3, { heartbeatSeconds: 5 });
    for (const machine of lab.machines) await change(machine, { Role: "manager" });
    for (const { engine } of lab.machines)
      await until(
        async () =>
          ((await engine.client.info()) as { Swarm: { ControlAvailable: boolean } }).Swarm.ControlAvailable,
        "the machine manages",
        WAIT_MS,
      );
  });

  after(async () => {
    await (lab as SwarmLab | undefined)?.stop();
  });

  it("goes on without the manager that the agent asks first, and takes it back", async () => {
    const own = engine();
    await startThree(own);
    const lost = await onMachine(own, machineAt(0));
    const kept = (await own.observe(signal())).filter(({ id }) => id !== lost.id);
    await machineAt(0).cut();
    try {
      await until(
        async () => (await find(own, lost.id))?.state === "exited",
        "another manager tells of the loss",
        WAIT_MS,
      );
      for (const { id, startedAt } of kept)
        expect(await find(own, id)).to.deep.include({ state: "running", startedAt });
      await own.start(lost.id, signal());
      expect((await find(own, lost.id))?.address).to.not.equal(machineAt(0).address);
    } finally {
      await machineAt(0).mend();
    }
    await until(
      async () => (await machineAt(0).engine.client.listContainers()).length === 0,
      "the lost one is ended on the machine that is back",
      WAIT_MS,
    );
    expect((await own.observe(signal())).map(({ state }) => state)).to.deep.equal(Array(3).fill("running"));
    await removeAll(own);
  });

  it("starts what a machine ends that is drained on another, and gives it nothing until it is back", async () => {
    const own = engine();
    await startThree(own);
    const { id } = await onMachine(own, machineAt(2));
    await change(machineAt(2), { Availability: "drain" });
    await until(async () => (await find(own, id))?.state === "exited", "its container has ended", WAIT_MS);
    expect(await find(own, id)).to.deep.include({ exitCode: null, outOfMemory: false });
    await own.start(id, signal());
    const moved = await find(own, id);
    expect(moved?.state).to.equal("running");
    expect(moved?.address).to.not.equal(machineAt(2).address);
    await change(machineAt(2), { Availability: "active" });
    expect((await find(own, id))?.address, "it stays").to.equal(moved?.address);
    await removeAll(own);
  });

  it("keeps a replica with a persistent volume for its machine, and starts it there when that is back", async () => {
    const own = engine();
    const volumes = [{ name: "data", path: "/data", readOnly: false, persistent: true }];
    const digest = randomBytes(32).toString("hex");
    const command = ["/bin/sh", "-c", 'trap "exit 0" TERM; echo once >> /data/starts; sleep 1000 & wait'];
    await own.create(containerSpec({ leaseHash: lease, command, volumes }), digest, signal());
    const id = (await own.observe(signal()))[0]?.id ?? "";
    await own.start(id, signal());
    const first = await find(own, id);
    const home = lab.machines.find(({ address }) => address === first?.address);
    if (home === undefined) throw new Error("it is on no machine");
    await change(home, { Availability: "drain" });
    await until(async () => (await find(own, id))?.state === "exited", "its container has ended", WAIT_MS);
    expect(await codeOf(own.start(id, signal()))).to.equal("ENGINE_FAILED");
    await change(home, { Availability: "active" });
    await own.start(id, signal());
    expect(await find(own, id)).to.deep.include({ state: "running", address: home.address });
    const program = { command: ["/bin/cat", "/data/starts"], terminal: null };
    const session = await own.exec(id, program, signal());
    let text = "";
    for await (const { bytes } of session.output) text += Buffer.from(bytes).toString();
    session.close();
    expect(text).to.equal("once\nonce\n");
    await removeAll(own);
  });

  function engine(): SwarmEngine {
    const others = lab.machines.slice(1).map(({ address, engine: { host } }) => [address, host] as const);
    return swarmNode(lab, { reached: Object.fromEntries(others) });
  }

  /** One on each machine. */
  async function startThree(own: SwarmEngine): Promise<void> {
    const command = ["/bin/sh", "-c", 'trap "exit 0" TERM; sleep 1000 & wait'];
    for (const replica of [0, 1, 2]) {
      const digest = randomBytes(32).toString("hex");
      await own.create(containerSpec({ leaseHash: lease, replica, command }), digest, signal());
      const made = (await own.observe(signal())).find((container) => container.digest === digest);
      await own.start(made?.id ?? "", signal());
    }
  }

  async function removeAll(own: SwarmEngine): Promise<void> {
    for (const { id } of await own.observe(signal())) await own.remove(id, signal());
    await own.removeLease(lease, signal());
  }

  async function change({ address }: SwarmMachine, changes: object): Promise<void> {
    const { client } = machineAt(0).engine;
    const nodes = (await client.listNodes()) as SwarmEntry[];
    const isIt = ({ Status, ManagerStatus }: SwarmEntry): boolean =>
      Status.Addr === address || ManagerStatus?.Addr.startsWith(`${address}:`) === true;
    const node = client.getNode(nodes.find(isIt)?.ID ?? "");
    const { Version, Spec } = (await node.inspect()) as { Version: { Index: number }; Spec: object };
    await node.update({ ...Spec, version: Version.Index, ...changes });
  }

  function machineAt(index: number): SwarmMachine {
    const machine = lab.machines[index];
    if (machine === undefined) throw new Error(`there is no machine ${index}`);
    return machine;
  }

  async function onMachine(engine: SwarmEngine, { address }: SwarmMachine): Promise<ObservedContainer> {
    const found = (await engine.observe(signal())).find((container) => container.address === address);
    if (found === undefined) throw new Error(`none is on the machine ${address}`);
    return found;
  }

  /** Undefined also while no manager answers. */
  async function find(engine: SwarmEngine, id: string): Promise<ObservedContainer | undefined> {
    const all = await engine.observe(signal()).catch(() => []);
    return all.find((container) => container.id === id);
  }
});
