import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type ObservedContainer } from "../../node-agent/src/domain/observed.ts";
import { newNode, startContainer, swarmNode } from "../compliance/engine-swarm.ts";
import { containerSpec, hashOf } from "../node-agent/support/builders.ts";
import { type EngineWorld, engineWorld } from "../node-agent/support/engine-world.ts";
import { createSwarmLab, type SwarmLab, whyNoSwarmLab } from "../support/netns/swarm-lab.ts";
import { codeOf } from "../support/code-of.ts";
import { sampleOrder } from "../support/sample-order.ts";
import { until } from "../support/until.ts";

const WAIT_MS = 60_000;
const hello = readFileSync(new URL("../../examples/hello.yaml", import.meta.url), "utf8");

/** What one machine does there, test/node-agent/containers/stop-first.test.ts shows. */
describe("an update in a swarm without room for both versions", function () {
  this.timeout(240_000);
  let lab: SwarmLab;
  let world: EngineWorld | undefined;

  before(async function () {
    if (whyNoSwarmLab() !== undefined) return this.skip();
    lab = await createSwarmLab(1);
  });
  afterEach(async () => {
    await world?.stop();
    world = undefined;
  });
  after(async () => {
    await (lab as SwarmLab | undefined)?.stop();
  });

  it("waits for room, tells why, and is declined; the old version is not touched", async () => {
    const host = lab.machines[0]?.engine.host ?? "";
    const engine = swarmNode(lab, { node: newNode() });
    const { cpus } = await engine.facts(AbortSignal.timeout(WAIT_MS));
    // More than half of the machine.
    const text = hello.replace("units: 0.5", `units: ${cpus * 0.6}`);
    const init = { engine, host, mode: "provider", memoryBytes: undefined } as const;
    const agent = await engineWorld(init, sampleOrder(text));
    world = agent;
    const [old] = await engine.observe(AbortSignal.timeout(WAIT_MS));
    const next = sampleOrder(text.replace("Hello from Fizz", "Another greeting"));
    expect(await agent.update(next)).to.equal("declineUpdate node.update_failed");
    const told = agent.events().filter(({ code }) => code === "container.failed");
    expect(told.map(({ message }) => message).join("\n")).to.match(
      /No machine of the swarm can take it: .*resources/,
    );
    expect(agent.codes()).to.include("update.declined").and.to.not.include("container.parked");
    const containers = () => engine.observe(AbortSignal.timeout(WAIT_MS));
    await until(async () => (await containers()).length === 1, "what waited is removed", WAIT_MS);
    expect((await containers())[0]).to.include({ id: old?.id, state: "running", startedAt: old?.startedAt });
  });

  it("leaves what runs as it is when that is to get more than the machine has beside it", async () => {
    const engine = swarmNode(lab, { node: newNode() });
    const signal = AbortSignal.timeout(2 * WAIT_MS);
    const { cpus } = await engine.facts(signal);
    const limits = { milliCpu: cpus * 200, memoryBytes: 32n * 1024n ** 2n };
    const base = containerSpec({ leaseHash: hashOf("crowded") });
    const before = await startContainer(engine, { ...base, limits: { ...base.limits, ...limits } });
    try {
      const large = { ...limits, milliCpu: cpus * 900 };
      expect(await codeOf(engine.resize(before.id, large, signal))).to.equal("ENGINE_FAILED");
      const untouched = async (): Promise<boolean> => {
        const [container] = await engine.observe(signal);
        return JSON.stringify(shown(container)) === JSON.stringify(shown(before));
      };
      expect(await untouched()).to.equal(true);
      const small = { ...limits, milliCpu: cpus * 100 };
      await engine.resize(before.id, small, signal);
      expect((await engine.observe(signal))[0]).to.deep.include({ state: "running", limits: small });
    } finally {
      await engine.remove(before.id, signal);
      await engine.removeLease(base.leaseHash, signal);
    }
  });

  function shown(container: ObservedContainer | undefined) {
    const { milliCpu } = container?.limits ?? {};
    return [container?.state, container?.startedAt, container?.address, milliCpu];
  }
});
