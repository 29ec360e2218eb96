import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { until } from "../../support/until.ts";
import { containerSpec, hashOf } from "../support/builders.ts";

const signal = (): AbortSignal => AbortSignal.timeout(30_000);

describe("a program in a container whose tenant is gone", function () {
  this.timeout(90_000);
  const leaseHash = hashOf(`hang up ${randomBytes(8).toString("hex")}`);
  let engine: DockerEngine | undefined;
  let id = "";

  before(async function () {
    engine = testNode(await requireDocker(this));
    const spec = containerSpec({ leaseHash, command: ["/bin/sh", "-c", "sleep 1000"] });
    await engine.create(spec, hashOf("hang up").slice(2), signal());
    id = (await engine.observe(signal())).find((container) => container.leaseHash === leaseHash)?.id ?? "";
    await engine.start(id, signal());
  });

  after(async () => {
    if (id !== "") await engine?.remove(id, signal());
    if (id !== "") await engine?.removeLease(leaseHash, signal());
  });

  it("gets a hang-up with its group, and its neighbours none; one that ignores it runs on", async () => {
    await leave("sleep 2001 & sleep 2002");
    await leave("trap '' HUP; sleep 2003");
    // Still held: it is no business of the two above.
    const held = await start("sleep 2004");
    await until(async () => !/2001|2002/.test(await processes()), "the first and its group are gone", 30_000);
    expect(await processes())
      .to.match(/2003/)
      .and.to.match(/2004/)
      .and.to.match(/sleep 1000/);
    held.close();
    await until(async () => !(await processes()).includes("2004"), "the one that was held is gone", 30_000);
  });

  async function leave(script: string): Promise<void> {
    const session = await start(script);
    session.close();
  }

  async function start(script: string) {
    const session = await run(script);
    const name = script.split(" ").at(-1) ?? "";
    await until(async () => (await processes()).includes(`sleep ${name}`), "it runs", 30_000);
    return session;
  }

  async function run(script: string) {
    if (engine === undefined) throw new Error("there is no engine");
    return await engine.exec(id, { command: ["/bin/sh", "-c", script], terminal: null }, signal());
  }

  async function processes(): Promise<string> {
    const session = await run("ps");
    let text = "";
    for await (const { bytes } of session.output) text += Buffer.from(bytes).toString();
    session.close();
    return text;
  }
});
