import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { type SwarmEngine } from "../../node-agent/src/containers/swarm/swarm-engine.ts";
import { SwarmLeftovers } from "../../node-agent/src/containers/swarm/swarm-leftovers.ts";
import { type ObservedContainer } from "../../node-agent/src/domain/observed.ts";
import { type ContainerSpec } from "../../node-agent/src/domain/workload.ts";
import { testLeftovers } from "../compliance/engine-leftovers.ts";
import { newNode, startContainerOn, swarmNode } from "../compliance/engine-swarm.ts";
import { hashOf } from "../node-agent/support/builders.ts";
import {
  createSwarmLab,
  type SwarmLab,
  type SwarmMachine,
  whyNoSwarmLab,
} from "../support/netns/swarm-lab.ts";
import { until } from "../support/until.ts";

const WAIT_MS = 90_000;
const VOLUMES = [
  { name: "data", path: "/data", readOnly: false, persistent: true },
  { name: "cache", path: "/cache", readOnly: false, persistent: false },
];
const signal = (): AbortSignal => AbortSignal.timeout(WAIT_MS);

describe("what leases leave in a swarm", function () {
  this.timeout(360_000);
  const node = newNode();
  let lab: SwarmLab;
  let manager: SwarmMachine;
  let worker: SwarmMachine;
  let engine: SwarmEngine;

  before(async function () {
    if (whyNoSwarmLab() !== undefined) return this.skip();
    lab = await createSwarmLab(2);
    const [first, second] = lab.machines;
    if (first === undefined || second === undefined) throw new Error("there are no two machines");
    [manager, worker] = [first, second];
    engine = swarmNode(lab, { node, reached: { [worker.address]: worker.engine.host } });
  });
  after(async () => {
    await (lab as SwarmLab | undefined)?.stop();
  });

  testLeftovers(() => ({ engine, own: leftoversOf(node), other: leftoversOf(newNode()) }));

  it("is told of a machine that was away when the lease was removed, and removed, once that is back", async () => {
    const leaseHash = newLease();
    const { id } = await startContainerOn(engine, worker, { leaseHash, volumes: VOLUMES });
    expect(await volumesOf(leaseHash)).to.have.length(VOLUMES.length);
    const tell = async () =>
      (await leftoversOf(node).list(signal())).filter((one) => one.leaseHash === leaseHash);
    // Its engine takes calls, and answers none.
    process.kill(worker.engine.pid, "SIGSTOP");
    try {
      await until(async () => (await find(id))?.state === "exited", "the loss is told", WAIT_MS);
      await engine.remove(id, signal());
      await engine.removeLease(leaseHash, signal());
      expect(await find(id)).to.equal(undefined);
      expect(await tell(), "nothing that could be removed now").to.deep.equal([]);
    } finally {
      process.kill(worker.engine.pid, "SIGCONT");
    }
    const lids = [...new Set((await tell()).map(({ kind, lid }) => `${kind} ${lid ?? ""}`))];
    expect(lids).to.include("volume 1");
    await engine.removeLease(leaseHash, signal());
    expect(await tell()).to.deep.equal([]);
    expect(await volumesOf(leaseHash)).to.deep.equal([]);
  });

  it("stays known while its machine's engine is not reached, and goes when it is", async () => {
    const leaseHash = newLease();
    const { id } = await startContainerOn(engine, worker, { leaseHash, volumes: VOLUMES.slice(0, 1) });
    await engine.remove(id, signal());
    await swarmNode(lab, { node }).removeLease(leaseHash, signal());
    expect(await volumesOf(leaseHash)).to.have.length(1);
    const own = (await leftoversOf(node).list(signal())).filter((one) => one.leaseHash === leaseHash);
    expect(
      own.filter(({ kind }) => kind === "volume"),
      "the volume and its record",
    ).to.have.length(2);
    await engine.removeLease(leaseHash, signal());
    expect(await volumesOf(leaseHash)).to.deep.equal([]);
    expect(await leftoversOf(node).list(signal())).to.deep.equal([]);
  });

  function leftoversOf(name: string): SwarmLeftovers {
    const engines = { [worker.address]: worker.engine.host };
    return new SwarmLeftovers({ host: manager.engine.host, node: name, engines });
  }

  function newLease(): ContainerSpec["leaseHash"] {
    return hashOf(randomBytes(8).toString("hex"));
  }

  async function find(id: string): Promise<ObservedContainer | undefined> {
    return (await engine.observe(signal())).find((container) => container.id === id);
  }

  async function volumesOf(leaseHash: string): Promise<unknown[]> {
    const { Volumes: volumes } = await worker.engine.client.listVolumes({
      filters: { label: [`fizz.lease=${leaseHash}`] },
    });
    return volumes;
  }
});
