import { ProtocolError } from "@fizz/protocol/errors";
import { type Order } from "@fizz/protocol/orders";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { type LeaseRecord } from "../../../node-agent/src/domain/lease-record.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { sampleOrder } from "../../support/sample-order.ts";
import { until } from "../../support/until.ts";
import { agentWorld } from "../support/agent-world.ts";
import { hashOf, leaseRecord } from "../support/builders.ts";

const LEASE = hashOf("lease");
const GRACE_MS = 400;
const twoServices = readFileSync(new URL("../../../examples/two-services.yaml", import.meta.url), "utf8");

describe("Reconciler", function () {
  this.timeout(30_000);

  it("brings an open lease up: doors, image, container, confirmation, with the start-up steps in order", async () => {
    const { chain, engine, journal, gateway, run } = await setup({ state: "open" });
    await run();
    await eventually(() => chain.sent.includes("confirmStart"), "the start is confirmed");
    expect(engine.calls).to.deep.equal(["pull", "create", "start"]);
    expect(gateway.asked[0]?.doors.map(({ port }) => port)).to.deep.equal([8080]);
    await eventually(() => journal.codes(LEASE).includes("deployment.started"), "the journal is complete");
    expect(journal.read(LEASE, 0).map(({ message }) => message)).to.deep.equal([
      "1 public ports open",
      "Initializing deployment",
      "Pulling container image",
      "Image pulled",
      "Creating container",
      "Container created",
      "Starting container",
      "Container started",
      "Applying network configurations",
      "Network configurations applied",
      "Lease 1 confirmed on chain",
      "Deployment startup complete",
    ]);
  });

  it("lets the gateway look at the chain again once the start is confirmed, and needs no answer to it", async () => {
    const { chain, journal, gateway, run } = await setup({ state: "open" });
    const confirm = chain.confirmStart.bind(chain);
    chain.confirmStart = async (lease): Promise<void> => {
      expect(gateway.asked).to.have.length(1);
      await confirm(lease);
      gateway.failure = new ProtocolError("PORTS_EXHAUSTED", "none left");
    };
    let asked = 0;
    const open = gateway.openDoors.bind(gateway);
    gateway.openDoors = async (request) => {
      asked += 1;
      return await open(request);
    };
    await run();
    await eventually(() => asked === 2, "the gateway was asked again");
    expect(journal.codes(LEASE)).to.include("deployment.started");
    expect(journal.codes(LEASE)).to.not.include("doors.failed");
    expect(chain.sent).to.deep.equal(["confirmStart"]);
  });

  it("warns of a port that the image does not name, and starts all the same", async () => {
    const { chain, engine, journal, run } = await setup({ state: "open" });
    engine.machine.ports = ["80/tcp", "443/tcp"];
    await run();
    await eventually(() => chain.sent.includes("confirmStart"), "the start is confirmed");
    const warning = journal.read(LEASE, 0).find(({ code }) => code === "image.port_silent");
    expect(warning).to.deep.include({
      service: "web",
      message: "Nobody may listen on port 8080 (tcp): the image names 80/tcp, 443/tcp",
    });
  });

  it("declines a lease whose image does not exist, and says why", async () => {
    const { chain, engine, journal, run } = await setup({ state: "open" });
    engine.pullError = new ProtocolError("IMAGE_PULL_FAILED", "no such image", { retryable: false });
    await run();
    await eventually(() => chain.sent.length > 0, "the lease is declined");
    expect(chain.sent).to.deep.equal(["decline node.image_pull_failed"]);
    expect(journal.codes(LEASE)).to.include.members(["image.pull.failed", "lease.declined"]);
    expect(engine.calls).to.not.include("create");
  });

  it("tries a pull again that failed for a moment", async () => {
    const { chain, engine, run } = await setup({ state: "open" });
    engine.pullError = new ProtocolError("IMAGE_PULL_FAILED", "registry is busy", { retryable: true });
    await run();
    await eventually(
      () => engine.calls.filter((call) => call === "pull").length >= 2,
      "the pull is repeated",
    );
    engine.pullError = undefined;
    await eventually(() => chain.sent.includes("confirmStart"), "the start is confirmed");
  });

  it("adopts what runs when the agent starts again, without touching it", async () => {
    const first = await running();
    await first.stop();
    const [before] = await first.engine.observe();
    const calls = [...first.engine.calls];
    const again = first.restart();
    await again.run();
    await eventually(() => first.gateway.asked.length >= 2, "the new agent has asked for its doors");
    await clock.sleep(300, new AbortController().signal);
    expect(first.engine.calls).to.deep.equal(calls);
    expect((await first.engine.observe())[0]).to.deep.equal(before);
  });

  it("leaves everything as it is while the chain does not answer, and says so", async () => {
    const { chain, engine, journal, wakeup } = await running();
    const calls = [...engine.calls];
    chain.isDown = true;
    chain.put(leaseRecord({ state: "closed" }));
    chain.settle();
    wakeup.now();
    await eventually(() => journal.codes(LEASE).includes("chain.unreachable"), "the journal says so");
    expect(engine.calls).to.deep.equal(calls);
    chain.put(leaseRecord());
    chain.settle();
    chain.isDown = false;
    await eventually(() => journal.codes(LEASE).includes("chain.reachable"), "the chain is back");
    expect(engine.calls).to.deep.equal(calls);
  });

  it("leaves everything as it is while the engine does not answer", async () => {
    const { chain, engine, journal, wakeup } = await running();
    engine.isDown = true;
    wakeup.now();
    await eventually(() => journal.codes(LEASE).includes("engine.unreachable"), "the journal says so");
    expect(chain.sent).to.deep.equal(["confirmStart"]);
    engine.isDown = false;
    await eventually(() => journal.codes(LEASE).includes("engine.reachable"), "the engine is back");
    expect((await engine.observe())[0]?.state).to.equal("running");
  });

  it("removes a closed lease at depth only", async () => {
    const { chain, engine, store, journal, wakeup, lease } = await running();
    chain.settle();
    chain.put({ ...lease, state: "closed" });
    wakeup.now();
    await clock.sleep(300, new AbortController().signal);
    expect((await engine.observe()).map(({ state }) => state)).to.deep.equal(["running"]);
    chain.settle();
    wakeup.now();
    await eventually(async () => (await engine.observe()).length === 0, "the container is removed");
    await eventually(() => store.find(LEASE)?.removedAt !== null, "the manifest is dropped");
    expect(store.find(LEASE)?.manifests).to.deep.equal([]);
    expect(journal.codes(LEASE).slice(-2)).to.deep.equal(["container.removed", "lease.closed"]);
  });

  it("starts what others depend on first, and ends it last, whatever is looked at meanwhile", async () => {
    const { chain, engine, store, journal, wakeup, lease } = await running(sampleOrder(twoServices));
    const places = (code: string): unknown[] =>
      journal.read(LEASE, 0).flatMap((event) => (event.code === code ? [event.service] : []));
    expect(places("container.started")).to.deep.equal(["helper", "web"]);
    const wasCutShort: boolean[] = [];
    const stop = engine.stop.bind(engine);
    const slowly = async (id: string, _graceSeconds?: number, signal?: AbortSignal): Promise<void> => {
      wakeup.now();
      if (signal !== undefined) await clock.sleep(300, signal);
      wasCutShort.push(signal?.aborted === true);
      await stop(id);
    };
    Object.assign(engine, { stop: slowly });
    chain.put({ ...lease, state: "closed" });
    chain.settle();
    wakeup.now();
    await eventually(() => typeof store.find(LEASE)?.removedAt === "number", "the lease is gone");
    expect(places("container.removed")).to.deep.equal(["web", "helper"]);
    expect(wasCutShort).to.not.include(true);
  });

  it("keeps a container through a reorg that gives its lid to another lease, and follows its own", async () => {
    const { chain, engine, store, wakeup, lease } = await running();
    const calls = [...engine.calls];
    chain.put(leaseRecord({ leaseHash: hashOf("squatter"), nodeId: 99n, state: "closed" }));
    chain.put({ ...lease, lid: 2n });
    chain.settle();
    wakeup.now();
    await eventually(() => store.find(LEASE)?.lid === 2n, "the lease is found under its new lid");
    expect(engine.calls).to.deep.equal(calls);
  });

  it("keeps the containers of a lease that vanished, for the grace time", async () => {
    const { chain, engine, store, wakeup, lease } = await running();
    chain.drop(1n);
    chain.settle();
    wakeup.now();
    await eventually(() => store.find(LEASE)?.missingSince !== null, "it is noticed");
    expect(await engine.observe()).to.have.length(1);
    chain.put(lease);
    chain.settle();
    wakeup.now();
    await eventually(() => store.find(LEASE)?.missingSince === null, "it is back");
    chain.drop(1n);
    chain.settle();
    wakeup.now();
    await clock.sleep(GRACE_MS / 2, new AbortController().signal);
    expect(await engine.observe()).to.have.length(1);
    await eventually(async () => {
      wakeup.now();
      return (await engine.observe()).length === 0;
    }, "the grace time is over");
  });

  it("does not take a chain that stands still for one that lost its leases", async () => {
    const { chain, engine, store, wakeup } = await running();
    chain.headTime = Math.floor(Date.now() / 1_000) - 3_600;
    chain.drop(1n);
    chain.settle();
    for (let at = 0; at < 5; at += 1) {
      wakeup.now();
      await clock.sleep(GRACE_MS / 2, new AbortController().signal);
    }
    expect(await engine.observe()).to.have.length(1);
    expect(store.find(LEASE)?.missingSince).to.equal(null);
  });

  it("starts a container again that ended, after a back-off, and tells of it", async () => {
    const { engine, journal, wakeup } = await running();
    const [container] = await engine.observe();
    await engine.stop(container?.id ?? "");
    wakeup.now();
    await eventually(() => journal.codes(LEASE).includes("container.restarted"), "it is restarted");
    expect(journal.codes(LEASE)).to.include("container.exited");
    expect((await engine.observe())[0]?.state).to.equal("running");
  });

  it("starts a container anew whose network has ended, and makes it anew when there is none to join", async () => {
    const { engine, journal, wakeup } = await running();
    const isUp = async (): Promise<boolean> => {
      const [container] = await engine.observe();
      return container?.state === "running" && container.sandbox === "whole";
    };
    const [before] = await engine.observe();
    engine.machine.endSandbox(before?.id ?? "");
    expect(await isUp()).to.equal(false);
    wakeup.now();
    await eventually(isUp, "it runs in a new network");
    expect((await engine.observe())[0]?.id).to.equal(before?.id);
    expect(journal.codes(LEASE)).to.include("container.network_lost");
    engine.machine.removeSandbox(before?.id ?? "");
    wakeup.now();
    await eventually(isUp, "it is made anew");
    expect(await engine.observe()).to.have.length(1);
    expect((await engine.observe())[0]?.id).to.not.equal(before?.id);
  });

  it("makes a container anew that has more on disk than it leased, after a back-off", async () => {
    const { engine, journal, store, wakeup } = await running();
    const [before] = await engine.observe();
    engine.machine.fillDisk(before?.id ?? "", 1e12);
    await engine.measureDisk();
    wakeup.now();
    await eventually(() => journal.codes(LEASE).includes("container.disk.exceeded"), "it is told");
    await eventually(async () => {
      const [container] = await engine.observe();
      return container?.state === "running" && container.id !== before?.id;
    }, "it is made anew");
    expect(await engine.observe()).to.have.length(1);
    expect(Object.values(store.find(LEASE)?.restarts ?? {}).map(({ count }) => count)).to.deep.equal([1]);
  });

  it("closes a lease whose money is used up", async () => {
    const { chain, wakeup } = await running();
    chain.headTime += 4_000;
    wakeup.now();
    await eventually(() => chain.sent.includes("close"), "the lease is closed");
  });

  it("does nothing about an open lease without a manifest", async () => {
    const { chain, engine, run, store } = await setup({ state: "open" });
    await store.remove(LEASE);
    await run();
    await clock.sleep(300, new AbortController().signal);
    expect([chain.sent, engine.calls]).to.deep.equal([[], []]);
  });

  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  async function running(order?: Order) {
    const world = await setup({ state: "open" });
    if (order !== undefined) {
      const terms = { state: "open", deadline: world.chain.headTime + 300, paidUntil: 0 } as const;
      world.chain.put(leaseRecord({ ...(await world.deliver(order, 1)), ...terms }));
    }
    await world.run();
    await eventually(() => world.chain.sent.includes("confirmStart"), "the start is confirmed");
    await eventually(() => world.journal.codes(LEASE).includes("deployment.started"), "it is up");
    const lease = world.chain.at(1n);
    if (lease === undefined) throw new Error("the lease is gone");
    return { ...world, lease };
  }

  async function setup(changes: Partial<LeaseRecord>) {
    const world = await agentWorld(changes, GRACE_MS);
    stops.push(world.stopAll);
    return world;
  }

  async function eventually(ask: () => boolean | Promise<boolean>, what: string): Promise<void> {
    await until(async () => await ask(), what, 15_000);
  }
});
