import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { containerSpec } from "../support/builders.ts";

const signal = (): AbortSignal => AbortSignal.timeout(30_000);
/** Memory and CPU time per 100 ms, in cgroup v2 or v1. */
const READ = [
  "cd /sys/fs/cgroup",
  "cat memory.max 2>/dev/null || cat memory/memory.limit_in_bytes",
  "cut -d' ' -f1 cpu.max 2>/dev/null || cat cpu/cpu.cfs_quota_us",
].join("; ");

describe("Limits that change", function () {
  this.timeout(60_000);

  it("are those of the container's control group at once, in the same process", async function () {
    const engine = testNode(await requireDocker(this));
    const leaseHash = `0x${randomBytes(32).toString("hex")}` as const;
    const spec = containerSpec({ leaseHash, command: ["/bin/sh", "-c", "sleep 1000"] });
    await engine.create(spec, randomBytes(32).toString("hex"), signal());
    const [container] = await engine.observe(signal());
    const id = container?.id ?? "";
    try {
      await engine.start(id, signal());
      const before = await read(engine, id);
      expect(before).to.deep.equal([String(32 * 1024 ** 2), "25000"]);
      await engine.resize(id, { milliCpu: 500, memoryBytes: 48n * 1024n ** 2n }, signal());
      expect(await read(engine, id)).to.deep.equal([String(48 * 1024 ** 2), "50000"]);
    } finally {
      await engine.remove(id, signal());
      await engine.removeLease(leaseHash, signal());
    }
  });
});

async function read(engine: DockerEngine, id: string): Promise<string[]> {
  const program = { command: ["/bin/sh", "-c", READ], terminal: null };
  const session = await engine.exec(id, program, signal());
  let text = "";
  for await (const { bytes } of session.output) text += Buffer.from(bytes).toString();
  session.close();
  return text.trim().split(/\s+/);
}
