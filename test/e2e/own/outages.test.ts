import { expect } from "chai";
import { setTimeout as delay } from "node:timers/promises";
import { type Hex } from "viem";
import { type DeploymentJson } from "../../../scripts/lib/deployment-json.ts";
import { waitForHttp } from "../../../scripts/lib/wait-for-http.ts";
import { until } from "../../support/until.ts";
import { killAtEvent, type Made, readMade, startsOf } from "../../support/faults/kill-at-event.ts";
import { createWorld, helloManifest, untilGone, type World } from "../../support/world.ts";
import { type EngineLab, startEngineLab } from "../../support/netns/engine-lab.ts";
import { whyNoNatNetwork } from "../../support/netns/nat-network.ts";

/** Time for what an engine without live-restore took along to be back, from its first answer. */
const BACK_MS = 10_000;
const ACTIVE = 2;
const CLOSED = 4;
const ONE: Made = { running: ["1"], containers: 2, networks: 1, volumes: 1 };
const NONE: Made = { running: [], containers: 0, networks: 0, volumes: 0 };
/** A volume that lives as long as its container. */
const VOLUME = [
  ["    expose:\n", "    params:\n      storage:\n        data:\n          mount: /data\n    expose:\n"],
  ["          size: 1Gi\n", "          - size: 1Gi\n          - name: data\n            size: 1Gi\n"],
] as const;

describe("nothing is destroyed on an unknown", function () {
  this.timeout(180_000);
  let lab: EngineLab | undefined;
  let world: World;
  let deployment: DeploymentJson;
  let leaseHash: Hex;
  let first: { id: string; startedAt: string };
  before(async function () {
    if (whyNoNatNetwork() !== undefined) return this.skip();
    lab = await startEngineLab();
    world = await createWorld({ docker: lab.engine, places: lab.places });
    deployment = await world.tenant.deploy(await helloManifest(...VOLUME));
    leaseHash = (await world.leaseOf(deployment.lid)).leaseHash;
    first = await onlyContainer();
  });
  after(async () => {
    await (world as World | undefined)?.stop();
    await lab?.stop();
  });

  it("the node agent restarts: the container is the same one, untouched, and serves", async () => {
    await world.network.restartNode();
    await untilServing();
    expect(await onlyContainer()).to.deep.equal(first);
    const got = await world.tenant.get(deployment.lid);
    expect(got.replicas).to.deep.equal({ ready: 1, total: 1 });
  });

  it("the gateway restarts: same public port, same container, events go on by cursor", async () => {
    const before = await world.tenant.events(deployment.lid);
    await world.network.restartGateway();
    await untilServing();
    expect(await onlyContainer()).to.deep.equal(first);
    await until(async () => {
      const events = await world.tenant.events(deployment.lid);
      return events.length >= before.length && events[0]?.cursor === before[0]?.cursor;
    }, "events are readable again");
  });

  it("the node is away: the tenant is told so, and what to do", async () => {
    process.kill(world.network.node().pid, "SIGSTOP");
    try {
      const { status, stderr } = await world.tenant.cli.run([
        "deployment",
        "get",
        "--lid",
        String(deployment.lid),
      ]);
      expect(status).to.equal(5);
      expect(stderr).to.contain("Deployment details not available. No response from host.");
    } finally {
      process.kill(world.network.node().pid, "SIGCONT");
    }
    await untilServing();
    expect(await onlyContainer()).to.deep.equal(first);
  });

  it("the chain does not answer for 15 s: the container serves all the time, and runs on", async () => {
    process.kill(world.network.anvil.pid, "SIGSTOP");
    try {
      for (let second = 0; second < 15; second += 3) {
        expect((await waitForHttp(deployment.endpoints[0]?.url ?? "")).status).to.equal(200);
        await delay(3_000);
      }
    } finally {
      process.kill(world.network.anvil.pid, "SIGCONT");
    }
    await delay(4_000);
    expect(await onlyContainer()).to.deep.equal(first);
  });

  it("the engine does not answer: the agent says so and runs on, the container serves all the time", async () => {
    const { pid } = engine();
    process.kill(pid, "SIGSTOP");
    try {
      await until(async () => {
        await untilServing();
        return (await codes()).includes("engine.unreachable");
      }, "the outage is told");
      expect(world.network.node().isRunning()).to.equal(true);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await until(async () => (await codes()).includes("engine.reachable"), "the end of the outage is told");
    expect(await onlyContainer()).to.deep.equal(first);
  });

  it("the engine restarts and leaves containers running, also when it was killed: the same one, untouched, serves", async () => {
    await engine().restart();
    await untilServing();
    expect(await onlyContainer()).to.deep.equal(first);
    await engine().restart({ isKilled: true });
    await untilServing();
    expect(await onlyContainer()).to.deep.equal(first);
  });

  it("the engine restarts and takes containers along, three times: the same one is back within 10 s, with its volume", async () => {
    await inContainer("echo kept > /data/kept");
    for (let time = 0; time < 3; time += 1) {
      await engine().restart({ isKilled: time === 1, liveRestore: false });
      const from = Date.now();
      await until(async () => (await world.containersOf(leaseHash)).length === 1, "it is back");
      expect(Date.now() - from).to.be.lessThan(BACK_MS);
      expect((await onlyContainer()).id).to.equal(first.id);
    }
    expect(await inContainer("cat /data/kept")).to.contain("kept");
    await untilServing();
    expect((await codes()).filter((code) => code === "lease.confirmed")).to.have.length(1);
  });

  it("a container that ends is started again, and the tenant sees it", async () => {
    await world.network.docker.getContainer(first.id).kill();
    await until(async () => {
      const seen = await codes();
      return seen.includes("container.exited") && seen.includes("container.restarted");
    }, "the exit and the restart are told");
    await untilServing();
  });

  it("a close that happened while the agent was away is carried out when it is back", async () => {
    await world.network.node().stop();
    await world.tenant.close(deployment.lid);
    expect(await world.containersOf(leaseHash)).to.have.length(1);
    await world.network.restartNode();
    await untilGone(world, leaseHash);
  });

  /** A sample of test/deep/kill-agent.test.ts, which kills at each of them. */
  it("an agent that is killed in the middle of a start and of a close leaves what one leaves that was not", async () => {
    const lid = deployment.lid + 1n;
    const stateOf = async (): Promise<number> => (await world.leaseOf(lid)).state;
    await until(() => isMade(NONE), "nothing is left of the lease before");
    const starting = {
      work: async () => await world.tenant.deploy(await helloManifest(...VOLUME)),
      isDone: async () => (await stateOf()) === ACTIVE && (await isMade(ONE)),
    };
    // The sandbox is there, and nothing to put into it.
    expect(await killAtEvent(world, 1, starting), "killed in the start").to.equal(true);
    expect(await startsOf(world, lid)).to.equal(1);
    const closing = {
      work: () => world.tenant.close(lid),
      isDone: async () => (await stateOf()) === CLOSED && (await isMade(NONE)),
    };
    expect(await killAtEvent(world, 1, closing), "killed in the close").to.equal(true);
  });

  async function isMade(wanted: Made): Promise<boolean> {
    return JSON.stringify(await readMade(world)) === JSON.stringify(wanted);
  }

  async function codes(): Promise<string[]> {
    return (await world.tenant.events(deployment.lid)).map((event) => event.code);
  }

  function engine(): EngineLab["engine"] {
    if (lab === undefined) throw new Error("there is no engine");
    return lab.engine;
  }

  async function inContainer(script: string): Promise<string> {
    const command = ["/bin/busybox", "sh", "-c", script];
    const exec = await world.network.docker
      .getContainer(first.id)
      .exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({});
    return (await stream.toArray()).join("");
  }

  async function untilServing(): Promise<void> {
    expect((await waitForHttp(deployment.endpoints[0]?.url ?? "")).status).to.equal(200);
  }

  async function onlyContainer(): Promise<{ id: string; startedAt: string }> {
    const containers = await world.containersOf(leaseHash);
    expect(containers).to.have.length(1);
    const { id, startedAt } = containers[0] ?? { id: "", startedAt: "" };
    return { id, startedAt };
  }
});
