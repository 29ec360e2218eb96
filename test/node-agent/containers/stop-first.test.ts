import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { sampleOrder } from "../../support/sample-order.ts";
import { until } from "../../support/until.ts";
import { type EngineWorld, engineWorld } from "../support/engine-world.ts";

/** The manifest leases 128 MiB: two of its containers have no room. */
const MEMORY_BYTES = 200n * 1024n ** 2n;
const WAIT_MS = 60_000;
const hello = readFileSync(new URL("../../../examples/hello.yaml", import.meta.url), "utf8");
const signal = (): AbortSignal => AbortSignal.timeout(WAIT_MS);

/** As `crash.test.ts` has it in memory, with containers of a real engine. */
describe("an update on a machine without room for both versions", function () {
  this.timeout(240_000);
  let world: EngineWorld | undefined;
  let engine: DockerEngine;

  beforeEach(async function () {
    const docker = await requireDocker(this);
    engine = testNode(docker);
    const init = { engine, host: docker.host, mode: "fizz", memoryBytes: MEMORY_BYTES } as const;
    world = await engineWorld(init, sampleOrder());
  });
  afterEach(async () => {
    await world?.stop();
    world = undefined;
  });

  it("stops the old container, starts the new one after its end, and removes the old one at depth", async () => {
    const [old] = await containers();
    expect(await required().update(versionOf("Another greeting"))).to.equal("confirmUpdate");
    const [parked, fresh] = await containers();
    expect(parked).to.include({ id: old?.id, version: 1, state: "exited" });
    expect(fresh).to.include({ version: 2, state: "running" });
    expect(fresh?.startedAt).to.be.at.least(parked?.finishedAt ?? Number.POSITIVE_INFINITY);
    const codes = required().codes();
    expect(codes).to.not.include("container.exited");
    // Made, and pulled, before anything stops.
    expect(codes.lastIndexOf("container.created")).to.be.lessThan(codes.indexOf("container.parked"));
    required().settle();
    await until(async () => (await containers()).length === 1, "the old container is removed", WAIT_MS);
    expect((await containers())[0]?.id).to.equal(fresh?.id);
  });

  it("starts the same old container again, with what it has on disk, when the new one fails", async () => {
    const [old] = await containers();
    const id = old?.id ?? "";
    await output(id, "echo kept > /kept");
    const order = versionOf("Another greeting", '    command: ["/bin/sh", "-c", "exit 3"]\n');
    expect(await required().update(order)).to.equal("declineUpdate node.update_failed");
    const returned = (await containers()).find((container) => container.id === id);
    expect(returned).to.include({ version: 1, state: "running" });
    expect(returned?.startedAt).to.be.greaterThan(old?.startedAt ?? Number.POSITIVE_INFINITY);
    expect(await output(id, "cat /kept")).to.equal("kept");
    const codes = required().codes();
    const steps = ["container.parked", "container.exited", "container.returned", "update.declined"];
    expect(codes.filter((code, at) => steps.includes(code) && codes.indexOf(code) === at)).to.deep.equal(
      steps,
    );
    await until(async () => (await containers()).length === 1, "the new one is removed", WAIT_MS);
    expect((await containers())[0]).to.include({ id, state: "running", startedAt: returned?.startedAt });
  });

  function required(): EngineWorld {
    if (world === undefined) throw new Error("there is no agent");
    return world;
  }

  /** Of older versions first. */
  async function containers(): Promise<ObservedContainer[]> {
    const all = await engine.observe(signal());
    return all.toSorted((left, right) => left.version - right.version);
  }

  function versionOf(greeting: string, more = "") {
    const text = hello.replace("Hello from Fizz", greeting).replace("    env:\n", `${more}    env:\n`);
    return sampleOrder(text);
  }

  async function output(id: string, script: string): Promise<string> {
    const session = await engine.exec(id, { command: ["/bin/sh", "-c", script], terminal: null }, signal());
    let text = "";
    for await (const { bytes } of session.output) text += Buffer.from(bytes).toString();
    session.close();
    return text.trim();
  }
});
