import { expect } from "chai";
import { requireMachines } from "../../../node-agent/src/commands/require-machines.ts";
import { loadConfig } from "../../../node-agent/src/config.ts";
import { SwarmEngine } from "../../../node-agent/src/containers/swarm/swarm-engine.ts";
import { codeOf } from "../../support/code-of.ts";
import { containerSpec } from "../support/builders.ts";
import { CONTRACTS } from "../support/loopback-gateway.ts";
import { RecordingEngine } from "../support/recording-engine.ts";
import { silentLog } from "../support/silent-log.ts";
import { PREPARED_LABELS, type RecordedNode, swarmInfo, swarmNodes } from "../support/swarm-nodes.ts";

const never = new AbortController().signal;
const PREPARED: RecordedNode = { id: "one", labels: PREPARED_LABELS };
const BARE: RecordedNode = { id: "two" };

/** What a swarm is asked for, and what is made of its answers: `test/swarm` has real ones. */
describe("machines of a swarm", () => {
  let recorder: RecordingEngine;
  beforeEach(async () => {
    recorder = await RecordingEngine.start();
    recorder.info = swarmInfo("one");
  });
  afterEach(async () => {
    await recorder.stop();
  });

  it("count when they are ready, active and prepared", async () => {
    const nodes: readonly RecordedNode[] = [
      PREPARED,
      BARE,
      { id: "three", labels: { "fizz.prepared": "0" } },
      { ...PREPARED, id: "four", state: "down" },
      { ...PREPARED, id: "five", availability: "drain" },
    ];
    recorder.swarm = { nodes: swarmNodes(nodes) };
    expect((await engine().facts(never)).cpus).to.equal(4);
  });

  it("are asked for by their label, by each service", async () => {
    await engine().create(containerSpec(), "digest", never);
    const [service] = recorder.askedServices as { TaskTemplate: { Placement: unknown } }[];
    expect(service?.TaskTemplate.Placement).to.deep.equal({
      Constraints: ["engine.labels.fizz.prepared==1"],
    });
  });

  it("stop the agent's start when none is prepared, and nothing runs that it must serve on", async () => {
    recorder.swarm = { nodes: swarmNodes([BARE]) };
    expect(await codeOf(started())).to.equal("REQUIREMENT_MISSING");
    recorder.swarm = { nodes: swarmNodes([BARE, { ...PREPARED, state: "down" }]) };
    await started();
    recorder.swarm = { nodes: swarmNodes([BARE]), services: [SERVICE] };
    await started();
  });

  it("stop the start where there is no swarm, and not where it does not answer", async () => {
    recorder.info = { Swarm: { LocalNodeState: "inactive" } };
    expect(await codeOf(started())).to.equal("REQUIREMENT_MISSING");
    await started("unix:///nowhere/docker.sock");
  });

  const SERVICE = {
    ID: "s",
    Version: { Index: 1 },
    Spec: { TaskTemplate: { Resources: { Limits: {} } }, Mode: { Replicated: { Replicas: 1 } } },
  };

  function engine(): SwarmEngine {
    return new SwarmEngine({ host: recorder.host, node: "test" });
  }

  async function started(host = recorder.host): Promise<void> {
    const config = loadConfig({
      FIZZ_RPC_URL: "http://127.0.0.1:1",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      FIZZ_NODE_MODE: "provider",
      FIZZ_NODE_ENGINE: "swarm",
      DOCKER_HOST: host,
    });
    await requireMachines(config, "test", silentLog);
  }
});
