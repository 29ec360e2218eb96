import { expect } from "chai";
import { join } from "node:path";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { type Dockerd, findDockerd, startDockerd } from "../../scripts/lib/docker/start-dockerd.ts";
import { ensureHelloImage } from "../../scripts/lib/hello-image.ts";
import { ensureProgram } from "../../scripts/lib/ensure-program.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { requireCommand, runCommand } from "../../scripts/lib/run-command.ts";
import { ensureSandboxImage } from "../../scripts/lib/sandbox-image.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { waitForHttp } from "../../scripts/lib/wait-for-http.ts";
import { buildAgentImage } from "../support/agent-image.ts";
import { ensureBaseImages, whyNoBaseImages } from "../support/base-images.ts";
import { whyNoNatNetwork } from "../support/netns/nat-network.ts";
import { createNetnsLab } from "../support/netns/netns-lab.ts";
import { until } from "../support/until.ts";
import { createWorld, helloManifest, type World } from "../support/world.ts";

const COMPOSE = { paths: ["/usr/bin/docker-compose"], package: "docker-compose" };
const ACCOUNT = "4242:4242";
const IMAGES = inRoot(".fizz/docker-images");

/** Chain, gateway and node on hosts of their own; on the node's there is Docker, and what its owner installs with it. */
describe("A node agent that Docker Compose runs", function () {
  this.timeout(900_000);
  const cleanup = new Cleanup();
  let world: World;
  let engine: Dockerd;
  let env: NodeJS.ProcessEnv;
  let compose: (...args: readonly string[]) => Promise<string>;
  let agent: (...args: readonly string[]) => Promise<{ status: number; stdout: string }>;

  before(async function () {
    const why = whyNoNatNetwork() ?? whyNoBaseImages();
    const program = why === undefined ? await ensureProgram(COMPOSE) : undefined;
    if (program === undefined) return this.skip();
    const dataDir = cleanup.use("data", await createTempDir("compose")).path;
    await buildImages();
    const places = cleanup.use("lab", await createNetnsLab());
    const init = { dataDir: IMAGES, place: places.node, liveRestore: true };
    engine = cleanup.use("engine", await startDockerd(findDockerd() ?? "", init));
    world = await createWorld({ docker: engine, places, nodeDataDir: dataDir });
    cleanup.use("world", world);
    const { description } = world.network;
    env = {
      ...process.env,
      DOCKER_HOST: engine.host,
      FIZZ_RPC_URL: description.rpcUrl,
      FIZZ_CONTRACTS: JSON.stringify(description.contracts),
      FIZZ_NODE_GATEWAY: description.gatewayUrl,
      FIZZ_NODE_RESOURCES: "cpu=2,memory=4Gi,storage=20Gi",
      FIZZ_NODE_DATA_DIR: dataDir,
      FIZZ_NODE_PASSWORD_FILE: join(dataDir, "password"),
    };
    const file = join(dataDir, "compose.yaml");
    compose = async (...args) =>
      (await requireCommand("COMPOSE", [program, "-f", file, ...args], { env })).stdout;
    agent = async (...args) =>
      await runCommand(["docker", "exec", "fizz-node", "fizz-node", ...args], { env });
    // It has registered the node; from now on the one of Compose serves it.
    await world.network.node().stop();
    await requireCommand("CHOWN", ["chown", "-R", ACCOUNT, dataDir]);
    const install = [inRoot("node-agent/src/main.ts"), "install", "--compose", "--user", ACCOUNT];
    await requireCommand("INSTALL", [process.execPath, ...install], { env });
    cleanup.defer("compose", () => compose("down", "-v", "-t", "10"));
    await compose("up", "-d");
  });

  after(async () => {
    await cleanup.stop();
  });

  it("has no privilege, no capability and no network of the machine", async () => {
    const { HostConfig: host } = await world.network.docker.getContainer("fizz-node").inspect();
    expect(host.Privileged).to.equal(false);
    expect(host.CapDrop).to.deep.equal(["ALL"]);
    expect(host.NetworkMode).to.not.equal("host");
    const helper = await world.network.docker.getContainer("fizz-node-reach").inspect();
    expect(helper.HostConfig).to.include({ NetworkMode: "host", Privileged: false, ReadonlyRootfs: true });
    expect(helper.Mounts.map(({ Destination: path }) => path)).to.deep.equal(["/run/fizz"]);
  });

  it("finds nothing wrong with itself, and reaches containers", async () => {
    await until(async () => (await agent("status")).status === 0, "it answers");
    const { status, stdout } = await agent("doctor");
    expect(status, stdout).to.equal(0);
    expect(stdout).to.include("The agent reaches the ports of containers, by the helper");
  });

  it("serves a lease through the gateway, updates it, and closes it", async () => {
    const { tenant } = world;
    const { lid, endpoints } = await tenant.deploy(await helloManifest());
    const url = endpoints[0]?.url ?? "";
    const page = await waitForHttp(url);
    expect(page.text).to.include("Hello from Fizz");
    const next = await tenant.manifest(await helloManifest(["Hello from Fizz", "Hello again"]));
    await tenant.cli.json(["deployment", "update", next, "--lid", String(lid), "--yes", "--json"]);
    await until(async () => (await waitForHttp(url)).text.includes("Hello again"), "the new page is served");
    const { leaseHash } = await world.leaseOf(lid);
    await tenant.close(lid);
    await until(async () => (await world.containersOf(leaseHash)).length === 0, "its containers are gone");
  });

  it("comes back with the engine after a clean end, as at a shutdown of the machine", async () => {
    // An engine with live-restore leaves containers running: it takes one restart to have one without. That one ends
    // what the last one left running as if its owner had, and does not start it.
    await engine.restart({ liveRestore: false });
    await compose("up", "-d");
    await until(async () => (await agent("status")).status === 0, "it answers");
    const before = await stateOf("fizz-node");
    await engine.restart();
    await until(async () => (await agent("status")).stdout.includes("Agent      0"), "it is back");
    const after = await stateOf("fizz-node");
    expect(after.StartedAt).not.to.equal(before.StartedAt);
    expect((await stateOf("fizz-node-reach")).Running).to.equal(true);
    const { lid, endpoints } = await world.tenant.deploy(await helloManifest());
    expect((await waitForHttp(endpoints[0]?.url ?? "")).text).to.include("Hello from Fizz");
    await world.tenant.close(lid);
  });

  it("stays down when its owner has stopped it, also after the engine's next start", async () => {
    await agent("stop", "--now");
    await until(async () => !(await stateOf("fizz-node")).Running, "it has ended");
    expect((await stateOf("fizz-node")).ExitCode).to.equal(0);
    await engine.restart();
    await until(async () => (await stateOf("fizz-node-reach")).Running, "what was not stopped is back");
    expect((await stateOf("fizz-node")).Running).to.equal(false);
    await compose("up", "-d");
    await until(async () => (await agent("status")).stdout.includes("Agent      0"), "it is started again");
  });

  async function stateOf(name: string) {
    return (await world.network.docker.getContainer(name).inspect()).State;
  }

  async function buildImages(): Promise<void> {
    const engine = await startDockerd(findDockerd() ?? "", { dataDir: IMAGES });
    try {
      await ensureBaseImages(engine.client);
      await buildAgentImage(engine.host);
      await ensureSandboxImage(engine.client);
      await ensureHelloImage(engine.client);
    } finally {
      await engine.stop();
    }
  }
});
