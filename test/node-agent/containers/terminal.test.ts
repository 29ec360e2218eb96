import { expect } from "chai";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { containerSpec, hashOf } from "../support/builders.ts";

const LEASE = hashOf(`terminal ${process.pid}`);
const signal = (): AbortSignal => AbortSignal.timeout(30_000);

describe("a terminal in a container", function () {
  this.timeout(60_000);
  let engine: DockerEngine | undefined;

  before(async function () {
    engine = testNode(await requireDocker(this));
  });
  after(async () => {
    for (const { id } of (await engine?.observe(signal())) ?? []) await engine?.remove(id, signal());
    await engine?.removeLease(LEASE, signal());
  });

  it("has the size that it began with, then the one that it was given, and a program's exit code", async () => {
    if (engine === undefined) throw new Error("there is no engine");
    const spec = containerSpec({ leaseHash: LEASE, command: ["/bin/sh", "-c", "sleep 1000"] });
    await engine.create(spec, "terminal", signal());
    const [container] = await engine.observe(signal());
    await engine.start(container?.id ?? "", signal());
    const script = "read line; busybox stty size; read line; busybox stty size; exit 7";
    const program = { command: ["/bin/sh", "-c", script], terminal: { columns: 100, rows: 30 } };
    const session = await engine.exec(container?.id ?? "", program, signal());
    let [told, isResized] = ["", false];
    await session.write(Buffer.from("\n"));
    for await (const { bytes } of session.output) {
      told += Buffer.from(bytes).toString();
      if (isResized || !told.includes("30 100")) continue;
      isResized = true;
      await session.resize({ columns: 90, rows: 20 });
      await session.write(Buffer.from("\n"));
    }
    expect(told.split(/[\r\n]+/).filter((line) => line !== "")).to.deep.equal(["30 100", "20 90"]);
    expect(await session.exitCode()).to.equal(7);
    session.close();
  });
});
