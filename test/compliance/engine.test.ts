import { FakeEngine } from "../node-agent/support/fake-engine.ts";
import { FakeMachine } from "../node-agent/support/fake-machine.ts";
import { breakageOf, requireDocker, testNode } from "./engine-docker.ts";
import { type EnginePair } from "./engine-confinement.ts";
import { testEngine } from "./engine-suite.ts";

describe("Engine", () => {
  describe("in memory", () => {
    const machine = new FakeMachine();
    const pair = { own: new FakeEngine(machine, "one"), other: new FakeEngine(machine, "two"), machine };
    after(() => {
      machine.stop();
    });
    testEngine(() => pair);
  });

  describe("Docker", function () {
    this.timeout(120_000);
    let pair: EnginePair | undefined;

    before(async function () {
      const docker = await requireDocker(this);
      const machine = breakageOf(docker.client);
      pair = { own: testNode(docker), other: testNode(docker), machine };
    });

    testEngine(() => {
      if (pair === undefined) throw new Error("there is no engine");
      return pair;
    });
  });
});
