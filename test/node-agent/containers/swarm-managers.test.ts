import { expect } from "chai";
import { SwarmEngine } from "../../../node-agent/src/containers/swarm/swarm-engine.ts";
import { codeOf } from "../../support/code-of.ts";
import { until } from "../../support/until.ts";
import { RecordingEngine } from "../support/recording-engine.ts";
import { PREPARED_LABELS, swarmInfo, swarmNodes } from "../support/swarm-nodes.ts";

const never = new AbortController().signal;
/** As an engine says it that has lost the other managers. */
const LEADERLESS = {
  Error: "rpc error: code = Unknown desc = The swarm does not have a leader.",
  Cluster: null,
};

describe("managers of a swarm", () => {
  let first: RecordingEngine;
  let second: RecordingEngine;
  beforeEach(async () => {
    [first, second] = [await RecordingEngine.start(), await RecordingEngine.start()];
    first.info = swarmInfo("one");
    second.info = swarmInfo("two");
    first.swarm = machines(1);
    second.swarm = machines(2);
  });
  afterEach(async () => {
    await Promise.all([first.stop(), second.stop()]);
  });

  it("are asked one after the other, and who has answered goes on being asked", async () => {
    const node = engine();
    expect(await countOf(node)).to.equal(1);
    first.info = swarmInfo("one", LEADERLESS);
    expect(await countOf(node)).to.equal(2);
    first.info = swarmInfo("one");
    expect(await countOf(node), "the second, which still answers").to.equal(2);
    second.info = swarmInfo("two", LEADERLESS);
    expect(await countOf(node)).to.equal(1);
  });

  it("are found also where the first is not there, or is none any more", async () => {
    const dead = new SwarmEngine({
      host: "unix:///nowhere/docker.sock",
      node: "test",
      engines: { "10.0.0.2": second.host },
    });
    expect(await countOf(dead)).to.equal(2);
    first.info = swarmInfo("one", { ControlAvailable: false });
    expect(await countOf(engine())).to.equal(2);
  });

  it("are of one swarm: an engine of another one is not asked", async () => {
    const node = engine();
    expect(await countOf(node)).to.equal(1);
    first.info = swarmInfo("one", LEADERLESS);
    second.info = swarmInfo("two", { Cluster: { ID: "another" } });
    expect(await codeOf(node.observe(never))).to.equal("ENGINE_UNREACHABLE");
  });

  it("are away when they have lost the others, or manage no more, also in the middle of a start", async () => {
    const refusals = [
      { status: 503, message: "This node is not a swarm manager." },
      { status: 500, message: "rpc error: code = Unknown desc = The swarm does not have a leader." },
    ];
    for (const refusal of refusals) {
      first.refusal = refusal;
      expect(await codeOf(engine().start("service", never))).to.equal("ENGINE_UNREACHABLE");
    }
    first.refusal = { status: 500, message: "something else" };
    expect(await codeOf(engine().start("service", never))).to.equal("ENGINE_FAILED");
  });

  it("are watched, and other machines again after their engines were away", async () => {
    second.refusal = { status: 500, message: "starting" };
    const over = new AbortController();
    const watching = engine().watch(() => undefined, over.signal);
    await until(() => Promise.resolve(second.eventsAsked > 1), "the machine is watched again", 30_000);
    over.abort();
    await watching;
    expect(first.eventsAsked).to.equal(2);
  }).timeout(40_000);

  it("are waited for while none answers: nothing is observed, and nothing is taken for gone", async () => {
    first.info = swarmInfo("one", LEADERLESS);
    second.info = swarmInfo("two", LEADERLESS);
    expect(await codeOf(engine().observe(never))).to.equal("ENGINE_UNREACHABLE");
  });

  function engine(): SwarmEngine {
    return new SwarmEngine({ host: first.host, node: "test", engines: { "10.0.0.2": second.host } });
  }

  function machines(count: number) {
    const nodes = ["one", "two"].slice(0, count).map((id) => ({ id, labels: PREPARED_LABELS }));
    return { nodes: swarmNodes(nodes) };
  }

  /** Machines as the one tells them that was asked: each recorder has another number. */
  async function countOf(node: SwarmEngine): Promise<number> {
    return (await node.facts(never)).cpus / 4;
  }
});
