import { ProtocolError } from "@fizz/protocol/errors";
import { type Order } from "@fizz/protocol/orders";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { sampleOrder } from "../../support/sample-order.ts";
import { until } from "../../support/until.ts";
import { agentWorld } from "../support/agent-world.ts";
import { hashOf } from "../support/builders.ts";

const LEASE = hashOf("lease");
const GRACE_MS = 400;
const hello = readFileSync(new URL("../../../examples/hello.yaml", import.meta.url), "utf8");
const changedOrder = (): Order => sampleOrder(hello.replace("Hello from Fizz", "Another greeting"));

/** Another greeting, of a container that is checked. */
const checkedOrder = (more: string): Order =>
  sampleOrder(
    hello
      .replace("Hello from Fizz", "Another greeting")
      .replace("    expose:", `    health:\n      port: 8080\n      path: /up\n      ${more}\n    expose:`),
  );

describe("Reconciler, of updates", function () {
  this.timeout(30_000);

  it("replaces containers for an update, the new one first, and the old one at depth", async () => {
    const { chain, engine, wakeup, deliver, lease } = await running();
    chain.settle();
    const second = await deliver(changedOrder(), 2);
    chain.put({ ...lease, pending: { version: 2, ...second, expiresAt: 9_999_999_999 } });
    wakeup.now();
    await eventually(() => chain.sent.includes("confirmUpdate"), "the update is confirmed");
    const versions = (await engine.observe())
      .filter(({ state }) => state === "running")
      .map(({ version }) => version);
    expect(versions).to.include(2);
    await eventually(async () => {
      const all = await engine.observe();
      return all.some(({ version, state }) => version === 1 && state === "exited");
    }, "the old container is stopped");
    chain.settle();
    wakeup.now();
    await eventually(async () => (await engine.observe()).length === 1, "the old container is removed");
    expect((await engine.observe())[0]).to.deep.include({ version: 2, state: "running" });
  });

  it("touches no container for an update that changes none", async () => {
    const { chain, engine, wakeup, deliver, lease } = await running();
    chain.settle();
    const before = await engine.observe();
    const second = await deliver(sampleOrder(), 2);
    chain.put({ ...lease, pending: { version: 2, ...second, expiresAt: 9_999_999_999 } });
    wakeup.now();
    await eventually(() => chain.sent.includes("confirmUpdate"), "the update is confirmed");
    expect(await engine.observe()).to.deep.equal(before);
  });

  it("changes the limits of a container for an update of resources, and nothing else of it", async () => {
    const { chain, engine, journal, wakeup, deliver, lease } = await running();
    chain.settle();
    const [before] = await engine.observe();
    const larger = sampleOrder(hello.replace("units: 0.5", "units: 1").replace("size: 128Mi", "size: 256Mi"));
    const second = await deliver(larger, 2);
    chain.put({ ...lease, pending: { version: 2, ...second, expiresAt: 9_999_999_999 } });
    wakeup.now();
    await eventually(() => chain.sent.includes("confirmUpdate"), "the update is confirmed");
    const limits = { milliCpu: 1_000, memoryBytes: 256n * 1024n ** 2n };
    expect(await engine.observe()).to.deep.equal([{ ...before, limits }]);
    expect(journal.codes(LEASE)).to.include("container.resized");
  });

  it("declines an update that leaves less memory than is held, and takes the next one of the same number", async () => {
    const { chain, engine, journal, wakeup, deliver, lease } = await running();
    chain.settle();
    engine.machine.held = 100_000_000;
    const before = await engine.observe();
    const smaller = await deliver(sampleOrder(hello.replace("size: 128Mi", "size: 64Mi")), 2);
    chain.put({ ...lease, pending: { version: 2, ...smaller, expiresAt: 9_999_999_999 } });
    wakeup.now();
    const refusal = "declineUpdate node.resources_in_use";
    await eventually(() => chain.sent.includes(refusal), "the update is declined");
    expect(await engine.observe()).to.deep.equal(before);
    expect(journal.codes(LEASE)).to.include("container.resize_refused");
    const larger = await deliver(sampleOrder(hello.replace("size: 128Mi", "size: 256Mi")), 2);
    chain.put({ ...lease, pending: { version: 2, ...larger, expiresAt: 9_999_999_999 } });
    wakeup.now();
    await eventually(() => chain.sent.includes("confirmUpdate"), "the next update is confirmed");
  });

  it("declines an update whose image does not exist, and keeps the old container", async () => {
    const { chain, engine, wakeup, deliver, lease } = await running();
    chain.settle();
    const [before] = await engine.observe();
    engine.pullError = new ProtocolError("IMAGE_PULL_FAILED", "no such image", { retryable: false });
    const second = await deliver(changedOrder(), 2);
    chain.put({ ...lease, pending: { version: 2, ...second, expiresAt: 9_999_999_999 } });
    wakeup.now();
    await eventually(
      () => chain.sent.some((call) => call.startsWith("declineUpdate")),
      "the update is declined",
    );
    expect(chain.sent.at(-1)).to.equal("declineUpdate node.image_pull_failed");
    expect(await engine.observe()).to.deep.equal([before]);
  });

  it("confirms an update when its container is healthy, and keeps the old one until then", async () => {
    const { chain, engine, prober, wakeup, deliver, lease } = await running();
    chain.settle();
    prober.problem = "nobody is there";
    const second = await deliver(checkedOrder("start_period: 1h"), 2);
    chain.put({ ...lease, pending: { version: 2, ...second, expiresAt: 9_999_999_999 } });
    wakeup.now();
    await eventually(() => prober.probed.length > 1, "the new container is checked");
    expect(prober.probed[0]).to.deep.equal({ host: "127.0.0.1", port: 8080, path: "/up" });
    const states = (await engine.observe()).map(({ version, state }) => [version, state]);
    expect(states).to.deep.equal([
      [1, "running"],
      [2, "running"],
    ]);
    expect(chain.sent).to.deep.equal(["confirmStart"]);
    prober.problem = undefined;
    await eventually(() => chain.sent.includes("confirmUpdate"), "the update is confirmed");
  });

  it("declines an update whose container is never healthy: tried three times, then removed, the old one untouched", async () => {
    const { chain, engine, prober, journal, wakeup, deliver, lease } = await running();
    chain.settle();
    const before = await engine.observe();
    prober.problem = "nobody is there";
    const second = await deliver(checkedOrder("start_period: 0s\n      retries: 1"), 2);
    chain.put({ ...lease, pending: { version: 2, ...second, expiresAt: 9_999_999_999 } });
    wakeup.now();
    await eventually(() => chain.sent.includes("declineUpdate node.update_failed"), "it is declined");
    wakeup.now();
    await eventually(async () => (await engine.observe()).length === 1, "what is left of it is removed");
    expect(await engine.observe()).to.deep.equal(before);
    const codes = journal.codes(LEASE);
    expect(codes.filter((code) => code === "container.unhealthy")).to.have.length(3);
    expect(codes.at(-1)).to.equal("container.removed");
    expect(codes).to.include("update.declined");
  });

  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  async function running() {
    const world = await agentWorld({ state: "open" }, GRACE_MS);
    stops.push(world.stopAll);
    await world.run();
    await eventually(() => world.chain.sent.includes("confirmStart"), "the start is confirmed");
    await eventually(() => world.journal.codes(LEASE).includes("deployment.started"), "it is up");
    const lease = world.chain.at(1n);
    if (lease === undefined) throw new Error("the lease is gone");
    return { ...world, lease };
  }

  async function eventually(ask: () => boolean | Promise<boolean>, what: string): Promise<void> {
    await until(async () => await ask(), what, 15_000);
  }
});
