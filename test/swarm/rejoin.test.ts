import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { type SwarmEngine } from "../../node-agent/src/containers/swarm/swarm-engine.ts";
import { type ObservedContainer } from "../../node-agent/src/domain/observed.ts";
import { newNode, startContainerOn, swarmNode } from "../compliance/engine-swarm.ts";
import { hashOf } from "../node-agent/support/builders.ts";
import { codeOf } from "../support/code-of.ts";
import {
  createSwarmLab,
  joinSwarm,
  type SwarmLab,
  type SwarmMachine,
  whyNoSwarmLab,
} from "../support/netns/swarm-lab.ts";
import { until } from "../support/until.ts";

const WAIT_MS = 90_000;
const signal = (): AbortSignal => AbortSignal.timeout(WAIT_MS);

describe("a machine that leaves its swarm and joins it again", function () {
  this.timeout(360_000);
  const leaseHash = hashOf(randomBytes(8).toString("hex"));
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
    const reached = { [worker.address]: worker.engine.host };
    engine = swarmNode(lab, { node: newNode(), reached });
  });
  after(async () => {
    await (lab as SwarmLab | undefined)?.stop();
  });

  it("takes the replica back whose persistent volume it has; until then that waits, and tells so", async () => {
    const volumes = [{ name: "data", path: "/data", readOnly: false, persistent: true }];
    const { id } = await startContainerOn(engine, worker, { leaseHash, volumes });
    await output(id, "echo kept > /data/file");
    await leave();
    await until(async () => (await find(id)).state === "exited", "the loss is told", WAIT_MS);
    expect(await codeOf(engine.start(id, signal()))).to.equal("ENGINE_FAILED");
    await joinSwarm(manager, worker);
    await until(
      async () => {
        await engine.start(id, signal()).catch(() => undefined);
        return (await find(id)).state === "running";
      },
      "it is started again",
      WAIT_MS,
    );
    expect((await find(id)).address).to.equal(worker.address);
    expect(await output(id, "cat /data/file")).to.equal("kept");
    await engine.remove(id, signal());
    await engine.removeLease(leaseHash, signal());
    const filters = { label: [`fizz.lease=${leaseHash}`] };
    expect(await manager.engine.client.listConfigs({ filters })).to.deep.equal([]);
    expect((await worker.engine.client.listVolumes({ filters })).Volumes).to.deep.equal([]);
  });

  /** The swarm forgets it, too. */
  async function leave(): Promise<void> {
    const { Swarm: swarm } = (await worker.engine.client.info()) as { Swarm: { NodeID: string } };
    await worker.engine.client.swarmLeave({ force: true });
    await manager.engine.client.getNode(swarm.NodeID).remove({ force: true });
  }

  async function find(id: string): Promise<ObservedContainer> {
    const found = (await engine.observe(signal())).find((container) => container.id === id);
    return found ?? expect.fail("the container is not there");
  }

  async function output(id: string, script: string): Promise<string> {
    const session = await engine.exec(id, { command: ["/bin/sh", "-c", script], terminal: null }, signal());
    let text = "";
    for await (const { bytes } of session.output) text += Buffer.from(bytes).toString();
    session.close();
    return text.trim();
  }
});
