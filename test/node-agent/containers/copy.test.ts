import { ProtocolError } from "@fizz/protocol/errors";
import { type CopyCommand } from "@fizz/protocol/messages";
import { expect } from "chai";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFiles, packFiles } from "../../../cli/src/copy/pack-files.ts";
import { unpackArchive, type Unpacked } from "../../../cli/src/copy/unpack-archive.ts";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { tarVerdict } from "../../../node-agent/src/domain/tar-commands.ts";
import { CopyDesk } from "../../../node-agent/src/leases/copy-desk.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { codeOf } from "../../support/code-of.ts";
import { containerSpec, hashOf } from "../support/builders.ts";

const signal = (): AbortSignal => AbortSignal.timeout(60_000);
const LIMITS = { entries: 100, bytes: 2 ** 30 };
const BIG_BYTES = 64 * 1024 * 1024;

/** With a real container, whose only tar is a busybox that no name leads to. */
describe("copies with a container of a Docker Engine", function () {
  this.timeout(180_000);
  const leaseHash = hashOf(`copy ${randomBytes(8).toString("hex")}`);
  let engine: DockerEngine | undefined;
  let home = "";
  let id = "";

  before(async function () {
    engine = testNode(await requireDocker(this));
    home = await mkdtemp(join(tmpdir(), "fizz-copy-"));
    const volumes = [{ name: "fixed", path: "/fixed", readOnly: true, persistent: false }];
    const script = "/bin/busybox mkdir /data; ln -s /data /link 2>/dev/null; sleep 1000";
    const sizes = { memoryBytes: 128n * 2n ** 20n, sharedMemoryBytes: null, storageBytes: 2n ** 30n };
    const limits = { milliCpu: 1_000, ...sizes, gpuUnits: 0 };
    const spec = containerSpec({ leaseHash, command: ["/bin/sh", "-c", script], volumes, limits });
    await engine.create(spec, hashOf("copy").slice(2), signal());
    id = (await engine.observe(signal())).find((container) => container.leaseHash === leaseHash)?.id ?? "";
    await engine.start(id, signal());
    for (
      let tries = 0;
      tries < 100 && (await codeOf(copyOut("/data", "started"))) !== "(no error)";
      tries += 1
    )
      await new Promise((resolve) => setTimeout(resolve, 100));
  });

  after(async () => {
    if (id !== "") await engine?.remove(id, signal());
    if (id !== "") await engine?.removeLease(leaseHash, signal());
    await rm(home, { recursive: true, force: true });
  });

  it("bring a folder with long and foreign names in, and take the same out again", async () => {
    const name = "ä".repeat(70);
    await mkdir(join(home, "tree", name), { recursive: true });
    await writeFile(join(home, "tree", name, `${name}.txt`), "deep down");
    await writeFile(join(home, "tree", "run"), "#!/bin/sh\n", { mode: 0o755 });
    await symlink("run", join(home, "tree", "link"));
    expect(await copyIn("tree", "/data", "tree")).to.equal(true);
    expect(await copyOut("/data/tree", "back")).to.deep.equal({ isFolder: true, files: 2, leftOut: 0 });
    expect(await readFile(join(home, "back", name, `${name}.txt`), "utf8")).to.equal("deep down");
    expect(await readFile(join(home, "back", "link"), "utf8")).to.equal("#!/bin/sh\n");
  });

  it("carry 64 MiB byte for byte, under a name of their own", async () => {
    const content = randomBytes(BIG_BYTES);
    await writeFile(join(home, "big"), content);
    expect(await copyIn("big", "/data/renamed", "renamed")).to.equal(false);
    await copyOut("/data/renamed", "big-back");
    const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
    expect(hash(await readFile(join(home, "big-back")))).to.equal(hash(content));
  });

  it("write nothing to a read-only volume, and say what is not there", async () => {
    await writeFile(join(home, "small"), "x");
    const refused = await copyIn("small", "/fixed", "small").catch(
      (error: unknown) => error as ProtocolError,
    );
    expect((refused as ProtocolError).code).to.equal("COPY_FAILED");
    expect((refused as ProtocolError).message).to.match(/read-only file system/i);
    expect(await codeOf(copyIn("small", "/none/", "small"))).to.equal("COPY_FAILED");
    expect(await codeOf(copyIn("small", "/none/at/all", "small"))).to.equal("COPY_FAILED");
    expect(await codeOf(copyOut("/none", "x"))).to.equal("COPY_FAILED");
  });

  async function open(command: Pick<CopyCommand, "direction" | "path">) {
    if (engine === undefined) throw new Error("there is no engine");
    const exec = engine.exec.bind(engine);
    const desk = new CopyDesk({ exec: async (_lease, program) => await exec(id, program, signal()) });
    return await desk.open(leaseHash, { service: "web", replica: 0, ...command }, signal());
  }

  async function copyIn(from: string, path: string, name: string): Promise<boolean> {
    const { session, isFolder } = await open({ direction: "in", path });
    const listening = wordsOf(session.output);
    for await (const chunk of packFiles(await findFiles(join(home, from), LIMITS), name))
      await session.write(chunk);
    session.endInput();
    const words = await listening;
    require(await session.exitCode(), words);
    session.close();
    return isFolder;
  }

  async function copyOut(path: string, to: string): Promise<Unpacked> {
    const { session } = await open({ direction: "out", path });
    let words = "";
    async function* archive() {
      for await (const { stream, bytes } of session.output)
        if (stream === "stdout") yield bytes;
        else words += Buffer.from(bytes).toString();
      require(await session.exitCode(), words);
    }
    const root = path.slice(path.lastIndexOf("/") + 1);
    const unpacked = await unpackArchive(archive(), { root, into: join(home, to) });
    session.close();
    return unpacked;
  }

  async function wordsOf(output: AsyncIterable<{ readonly bytes: Uint8Array }>): Promise<string> {
    let words = "";
    for await (const { bytes } of output) words += Buffer.from(bytes).toString();
    return words;
  }

  function require(exitCode: number | null, words: string): void {
    const { failed, said } = tarVerdict(exitCode, words);
    if (failed) throw new ProtocolError("COPY_FAILED", said ?? `ended with ${exitCode ?? "nothing"}`);
  }
});
