import { createSwarmLab, type SwarmLab, whyNoSwarmLab } from "../support/netns/swarm-lab.ts";
import { type EnginePair } from "../compliance/engine-confinement.ts";
import { testEngine } from "../compliance/engine-suite.ts";
import { SWARM_LACKS, swarmBreakage, swarmNode } from "../compliance/engine-swarm.ts";

describe("Engine", () => {
  describe("swarm of one machine", function () {
    this.timeout(120_000);
    let lab: SwarmLab | undefined;
    let pair: EnginePair | undefined;

    before(async function () {
      if (whyNoSwarmLab() !== undefined) return this.skip();
      lab = await createSwarmLab(1);
      const [manager] = lab.machines;
      if (manager === undefined) throw new Error("there is no machine");
      pair = { own: swarmNode(lab), other: swarmNode(lab), machine: swarmBreakage(manager.engine.client) };
    });

    testEngine(() => {
      if (pair === undefined) throw new Error("there is no swarm");
      return pair;
    }, SWARM_LACKS);

    after(async () => {
      await lab?.stop();
    });
  });
});
