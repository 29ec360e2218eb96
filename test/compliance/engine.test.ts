import { FakeEngine } from "../node-agent/support/fake-engine.ts";
import { DockerLeftovers } from "../../node-agent/src/containers/docker-leftovers.ts";
import { FakeLeftovers } from "../node-agent/support/fake-leftovers.ts";
import { FakeMachine } from "../node-agent/support/fake-machine.ts";
import { breakageOf, newNodeName, requireDocker, testNode } from "./engine-docker.ts";
import { type EnginePair } from "./engine-confinement.ts";
import { type LeftoversPair, testLeftovers } from "./engine-leftovers.ts";
import { testEngine } from "./engine-suite.ts";

describe("Engine", () => {
  describe("in memory", () => {
    const machine = new FakeMachine();
    const pair = { own: new FakeEngine(machine, "one"), other: new FakeEngine(machine, "two"), machine };
    after(() => {
      machine.stop();
    });
    testEngine(() => pair);
    const [own, other] = [new FakeLeftovers(machine, "one"), new FakeLeftovers(machine, "two")];
    testLeftovers(() => ({ engine: pair.own, own, other }));
  });

  describe("Docker", function () {
    this.timeout(120_000);
    let pair: EnginePair | undefined;
    let left: LeftoversPair | undefined;

    before(async function () {
      const docker = await requireDocker(this);
      const machine = breakageOf(docker.client);
      pair = { own: testNode(docker), other: testNode(docker), machine };
      const [node, otherNode] = [newNodeName(), newNodeName()];
      const listOf = (whose: string) => new DockerLeftovers({ host: docker.host, node: whose });
      left = { engine: testNode(docker, {}, node), own: listOf(node), other: listOf(otherNode) };
    });

    testEngine(() => {
      if (pair === undefined) throw new Error("there is no engine");
      return pair;
    });
    testLeftovers(() => {
      if (left === undefined) throw new Error("there is no engine");
      return left;
    });
  });
});
