import { expect } from "chai";
import { checkSwarm } from "../../../node-agent/src/commands/check-swarm.ts";
import { machineLine } from "../../../node-agent/src/commands/require-machines.ts";
import { policyOf, preparationMark } from "../../../node-agent/src/commands/swarm-preparation.ts";
import { SwarmClient } from "../../../node-agent/src/containers/swarm/swarm-client.ts";
import { swarmConfig, useRecordedSwarm } from "../support/recorded-swarm.ts";
import { RecordingEngine } from "../support/recording-engine.ts";
import { PREPARED_LABELS, type RecordedNode, swarmInfo, swarmNodes } from "../support/swarm-nodes.ts";

const never = new AbortController().signal;

/** Of machines on which nothing is started: `test/swarm` tries some by a container. */
describe("doctor's look at a swarm's machines", () => {
  const swarm = useRecordedSwarm();

  it("fails a swarm of which no machine is prepared, and names each that is not used", async () => {
    swarm.has({ id: "one" }, { id: "two", state: "down" });
    expect(await told()).to.deep.equal([
      "warn swarm.unprepared: Machine one",
      "warn swarm.machine_down: Machine two",
      "fail swarm.unprepared: no",
    ]);
    const nodes = await new SwarmClient(swarm.manager.host, "", {}).nodes(never);
    expect(nodes.map(machineLine)).to.deep.equal([
      "one (10.0.0.1) not prepared: not used",
      "two (10.0.0.2) down",
    ]);
  });

  it("tells of machines that are drained, prepared for others, or not reached, and passes the rest", async () => {
    const mark = preparationMark(
      { agent: "10.0.0.1", machines: ["10.0.0.1", "10.0.0.2"] },
      policyOf(swarmConfig(swarm.manager.host)),
    );
    const prepared = (id: string, label: string): RecordedNode => ({
      ...{ id, availability: "drain" },
      labels: { ...PREPARED_LABELS, "fizz.prepared.for": label },
    });
    swarm.has(prepared("one", "of-old"), prepared("two", mark));
    expect(await told()).to.deep.equal([
      "warn swarm.machine_drained: Machine one",
      "warn swarm.outdated: Machine one",
      "warn swarm.machine_drained: Machine two",
      "warn swarm.engine_unreached: Machine two",
    ]);
  });

  it("says when another manager answers, and not then for whom machines were prepared", async () => {
    const second = await RecordingEngine.start();
    try {
      second.info = swarmInfo("two");
      const labels = { ...PREPARED_LABELS, "fizz.prepared.for": "somebody" };
      second.swarm = {
        nodes: swarmNodes([
          { id: "one", state: "down" },
          { id: "two", labels, availability: "drain" },
        ]),
      };
      swarm.manager.info = swarmInfo("one", { ControlAvailable: false });
      expect(await told(`10.0.0.2=${second.host}`)).to.deep.equal([
        "warn swarm.manager_away: the",
        "warn swarm.machine_down: Machine one",
        "warn swarm.machine_drained: Machine two",
      ]);
    } finally {
      await second.stop();
    }
  });

  it("says that a machine is not tried when its container cannot be started, and fails", async () => {
    swarm.has({ id: "one", labels: PREPARED_LABELS });
    expect(await told()).to.include("fail swarm.machine_untried: Machine one");
  });

  /** Up to the machine's name. */
  async function told(engines = ""): Promise<string[]> {
    const config = swarmConfig(swarm.manager.host, { FIZZ_NODE_SWARM_ENGINES: engines });
    const verdicts = await checkSwarm(config);
    return verdicts.map(([level, text]) => `${level} ${/^(\S+: )?(Machine )?\S+/.exec(text)?.[0] ?? ""}`);
  }
});
