import { expect } from "chai";
import {
  CONTENT_LABEL,
  SANDBOX_IMAGE,
  SANDBOX_SOURCE,
  sandboxContent,
  sandboxFiles,
} from "../../node-agent/src/containers/sandbox-image.ts";
import { buildImage } from "../../scripts/lib/docker/build-image.ts";
import { type Dockerd, findDockerd, startDockerd } from "../../scripts/lib/docker/start-dockerd.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { runCommand } from "../../scripts/lib/run-command.ts";
import { AGENT_IMAGE, buildAgentImage } from "../support/agent-image.ts";
import { ensureBaseImages, NODE_IMAGE, whyNoBaseImages } from "../support/base-images.ts";
import { canHaveEngine } from "../support/can-have-engine.ts";

const HOSTILE = ["hostile-container", "hostile-network", "confinement", "lease-network"];
/** On an engine of its own: base images that are made here take the names of public ones. */
describe("The Dockerfiles, as they are", function () {
  this.timeout(900_000);
  let engine: Dockerd;

  before(async function () {
    if (whyNoBaseImages() !== undefined || !(await canHaveEngine())) return this.skip();
    engine = await startDockerd(findDockerd() ?? "", { dataDir: inRoot(".fizz/docker-images") });
    await ensureBaseImages(engine.client);
  });

  after(async () => {
    await (engine as Dockerd | undefined)?.stop();
  });

  it("of the sandbox gives the image in which hostile containers are held", async () => {
    await engine.client
      .getImage(SANDBOX_IMAGE)
      .remove({ force: true })
      .catch(() => undefined);
    await buildImage(engine.client, {
      context: SANDBOX_SOURCE,
      src: await sandboxFiles(),
      tag: SANDBOX_IMAGE,
      labels: { [CONTENT_LABEL]: await sandboxContent() },
      isOnHostNetwork: true,
    });
    const built = await engine.client.getImage(SANDBOX_IMAGE).inspect();
    const files = HOSTILE.map((name) => `test/node-agent/containers/${name}.test.ts`);
    const argv = [
      process.execPath,
      "node_modules/mocha/bin/mocha.js",
      "--exit",
      "--reporter",
      "json",
      ...files,
    ];
    const env = { ...process.env, DOCKER_HOST: engine.host };
    const { stdout, status } = await runCommand(argv, { env });
    const { stats } = JSON.parse(stdout.slice(stdout.indexOf("{\n"))) as {
      stats: { passes: number; failures: number; pending: number };
    };
    expect(stats, stdout).to.include({ failures: 0, pending: 0 });
    expect(stats.passes).to.be.greaterThan(20);
    expect(status).to.equal(0);
    // The tests have not made another one.
    expect((await engine.client.getImage(SANDBOX_IMAGE).inspect()).Id).to.equal(built.Id);
  });

  it("of the node agent gives the program, for an account that may write nothing", async () => {
    await buildAgentImage(engine.host);
    const { User: user } = (await engine.client.getImage(AGENT_IMAGE).inspect()).Config;
    expect(user).to.equal("node");
    // The program in one file, and of the packages what it does not have; the sources with all of them are 128 MB.
    const [own, base] = [await sizeOf(AGENT_IMAGE), await sizeOf(NODE_IMAGE)];
    expect((own - base) / 1e6).to.be.lessThan(40);
    const container = await engine.client.createContainer({
      Image: AGENT_IMAGE,
      User: "4242:4242",
      Cmd: ["--version"],
      Tty: true,
      HostConfig: { NetworkMode: "none", ReadonlyRootfs: true, CapDrop: ["ALL"] },
    });
    await container.start();
    const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
    expect((await container.logs({ stdout: true, follow: false })).toString()).to.match(
      /^\S*\d+\.\d+\.\d+\r?\n$/,
    );
    expect(code).to.equal(0);
    await container.remove();
  });

  async function sizeOf(image: string): Promise<number> {
    return (await engine.client.getImage(image).inspect()).Size;
  }
});
