import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { findEngine, isEngineUp } from "../../scripts/lib/docker/find-engine.ts";
import { findDockerd, startDockerd } from "../../scripts/lib/docker/start-dockerd.ts";
import { ensureHelloImage, HELLO_IMAGE } from "../../scripts/lib/hello-image.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { runCommand } from "../../scripts/lib/run-command.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { waitForHttp } from "../../scripts/lib/wait-for-http.ts";
import { until } from "../support/until.ts";

/** A build takes more. */
const FAST_MS = 1_000;

describe("a Docker Engine of our own", () => {
  const program = findDockerd();
  before(function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0 || program === undefined) this.skip();
  });

  it("runs the hello image, and leaves no process, file, mount or network when it ends", async () => {
    const before = await leftovers();
    const data = await createTempDir("docker-test");
    const engine = await startDockerd(program ?? "", { dataDir: data.path });
    try {
      await ensureHelloImage(engine.client);
      const started = Date.now();
      await ensureHelloImage(engine.client);
      expect(Date.now() - started, "second time").to.be.lessThan(FAST_MS);

      const network = await engine.client.createNetwork({ Name: "test" });
      const container = await engine.client.createContainer({
        Image: HELLO_IMAGE,
        Env: ["GREETING=<b>Hi</b>"],
        HostConfig: { NetworkMode: network.id, ReadonlyRootfs: true, CapDrop: ["ALL"] },
      });
      await container.start();
      const { NetworkSettings } = await container.inspect();
      const address = NetworkSettings.Networks["test"]?.IPAddress ?? "";
      const { text } = await waitForHttp(`http://${address}:8080/`);
      expect(text).to.include("&lt;b&gt;Hi&lt;/b&gt;");
      const log = await container.logs({ stdout: true });
      expect(log.toString()).to.include("serving on port 8080");
      // Its first process handles the polite signal, so that a stop does not take the whole grace.
      const asked = Date.now();
      await container.stop({ t: 8 });
      expect(Date.now() - asked).to.be.lessThan(4000);
      await container.start();
    } finally {
      // With a container still running.
      await engine.stop();
    }
    expect(existsSync(`/proc/${engine.pid}`)).to.equal(false);
    await data.stop();
    expect(await leftovers()).to.deep.equal(before);
  });

  it("takes a data root of its own when another engine has the first", async () => {
    const data = await createTempDir("docker-test");
    const engines = [
      await startDockerd(program ?? "", { dataDir: data.path }),
      await startDockerd(program ?? "", { dataDir: data.path }),
    ];
    const roots = await Promise.all(
      engines.map(async ({ client }) => ((await client.info()) as { DockerRootDir: string }).DockerRootDir),
    );
    expect(roots).to.deep.equal([`${data.path}/1`, `${data.path}/2`]);
    for (const engine of engines) await engine.stop();
    await data.stop();
  });

  it("is started again on the same data when it dies of a defect, and stays away when it is killed", async () => {
    const data = await createTempDir("docker-test");
    const engine = await startDockerd(program ?? "", { dataDir: data.path });
    const { id } = await engine.client.createNetwork({ Name: "test", Labels: { "fizz.test": "1" } });
    const { pid } = engine;
    // What Go makes of it is what it makes of a panic.
    process.kill(pid, "SIGABRT");
    await until(async () => engine.pid !== pid && (await isEngineUp(engine.host)), "it is back", 60_000);
    expect((await engine.client.listNetworks()).map((network) => network.Id)).to.include(id);
    process.kill(engine.pid, "SIGKILL");
    await until(() => Promise.resolve(!existsSync(`/proc/${engine.pid}`)), "it has ended");
    await engine.stop();
    await data.stop();
    expect(await isEngineUp(engine.host).catch(() => false)).to.equal(false);
  });

  it("starts where one was killed while it wrote of its networks", async () => {
    const data = await createTempDir("docker-test");
    const networks = join(data.path, "1", "network", "files");
    await mkdir(networks, { recursive: true });
    await writeFile(join(networks, "local-kv.db"), "half a database");
    const engine = await startDockerd(program ?? "", { dataDir: data.path });
    const names = (await engine.client.listNetworks()).map(({ Name }) => Name);
    await engine.stop();
    await data.stop();
    expect(names).to.have.members(["none", "host"]);
  });
});

describe("a named Docker Engine that does not answer", () => {
  it("is told with a code and what to do, and nothing is started", async () => {
    const env = { ...process.env, DOCKER_HOST: "unix:///nonexistent/docker.sock" };
    const result = await runCommand([process.execPath, inRoot("scripts/demo.ts")], { env });
    expect(result.status).to.equal(1);
    expect(result.stdout).to.equal("");
    expect(result.stderr).to.include(
      "DOCKER_UNREACHABLE: No Docker Engine answers at unix:///nonexistent/docker.sock",
    );
  });

  it("is not taken for another one that does", async () => {
    const before = process.env["DOCKER_HOST"];
    process.env["DOCKER_HOST"] = "unix:///nonexistent/docker.sock";
    try {
      const outcome: unknown = await findEngine().catch((error: unknown) => error);
      expect(outcome).to.have.property("code", "DOCKER_UNREACHABLE");
    } finally {
      if (before === undefined) delete process.env["DOCKER_HOST"];
      else process.env["DOCKER_HOST"] = before;
    }
  });
});

/** What an engine might leave that has the mark of a test's data root or of our temporary folders. */
async function leftovers(): Promise<readonly string[]> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  const ours = mounts.split("\n").filter((line) => line.includes("/fizz-docker-test-"));
  const files = (await readdir("/tmp")).filter((name) => name.startsWith("fizz-docker-test-"));
  return [...ours, ...files];
}
