import { connect } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import { type Libp2pGatewayLink } from "../../node-agent/src/p2p/gateway-link.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { suitePostgres } from "../support/postgres-server.ts";
import { until } from "../support/until.ts";
import { testKey } from "./support/builders.ts";
import { deployChainWorld } from "./support/chain-world.ts";
import { gatewayEnv, gatewayProcess, startBalancer } from "./support/gateway-processes.ts";
import { keySettings } from "./support/key-settings.ts";
import { nodeOf, openLease, type World } from "./support/leased-node.ts";
import { startOrigin } from "./support/tunnel-node.ts";

/** Each stands for a machine of its own: both have the same ports. */
const [HOST_A, HOST_B] = ["127.0.0.1", "127.0.0.2"];
const ANSWER = "from the container";

describe("two processes of one gateway on one PostgreSQL", function () {
  this.timeout(240_000);
  const cleanup = new Cleanup();
  const postgres = suitePostgres(cleanup);
  after(() => cleanup.stop());

  it("forward to each other, and one goes on with the nodes and ports of one that was killed", async () => {
    const { world, lease, processes, env } = await setup();
    const [a, b] = processes;
    const port = await lease.openDoor();
    await world.confirmStart(lease.lid, lease.leaseHash);
    await until(() => answers(HOST_A, port), "the process of the node answers");
    await b.start();
    await until(() => answers(HOST_B, port), "the other process forwards to it");
    await until(async () => (await nodesOnline(b)) === 1, "the other process lists the node");

    const status = await b.status();
    expect(status).to.match(/Store +PostgreSQL at 127\.0\.0\.1:\d+\/fizz_\d+, 2 processes/);
    expect(status.match(/\/ip4\/127\.0\.0\.1\/tcp\/\d+/g)).to.have.lengthOf(2);
    expect(status, "no user, no password").to.not.match(/fizz:|not-asked/);

    a.kill();
    const from = performance.now();
    await until(() => answers(HOST_B, port), "the other process has the node and its port");
    process.stdout.write(`      back after ${Math.round(performance.now() - from)} ms\n`);
    expect(await nodesOnline(b)).to.equal(1);
    expect(await lease.openDoor(), "asked again, it is the same port").to.equal(port);

    await a.start();
    await until(() => answers(HOST_A, port), "who comes back forwards to the other");

    // While the database is away, both go on with what they have.
    await postgres().kill();
    expect(await answers(HOST_A, port), "forwarded without a database").to.equal(true);
    expect(await answers(HOST_B, port), "without a database").to.equal(true);
    const away = [503, "STORE_FAILED: The gateway's database does not answer.", 200] as const;
    await until(
      async () => isDeepStrictEqual(await b.ready(), away),
      "it says that it is not ready, and lives",
    );
    await postgres().restart();
    await until(async () => isDeepStrictEqual(await b.ready(), [200, "ready", 200]), "it is ready by itself");

    const folder = cleanup.use("folder", await createTempDir("stranger"));
    const stranger = gatewayProcess(
      cleanup,
      { ...env, ...(await keySettings(folder.path, testKey(0x43))) },
      HOST_A,
    );
    const refused = await stranger.start().catch(String);
    expect(refused).to.include("CONFIG_INVALID").and.include("it has another operator key");
  });

  it("on one machine take over the very ports of one that was killed", async () => {
    const { world, lease, processes } = await setup(HOST_A);
    const [a, b] = processes;
    const port = await lease.openDoor();
    await world.confirmStart(lease.lid, lease.leaseHash);
    await until(() => answers(HOST_A, port), "the process of the node answers");
    await b.start();
    await until(async () => (await nodesOnline(b)) === 1, "the other process lists the node");
    a.kill();
    const from = performance.now();
    await until(() => answers(HOST_A, port), "the other process has the port");
    process.stdout.write(`      back after ${Math.round(performance.now() - from)} ms\n`);
    expect(await lease.openDoor()).to.equal(port);
  });

  async function setup(hostOfB = HOST_B) {
    const world = await deployChainWorld();
    cleanup.use("chain", world.anvil);
    await world.registerNode();
    const door = await freePort(31_100);
    const env = {
      ...gatewayEnv(world, await postgres().database()),
      FIZZ_GATEWAY_PORTS: `${door}-${door}`,
      FIZZ_GATEWAY_ADMIN_PORT: "0",
    };
    const processes = [gatewayProcess(cleanup, env, HOST_A), gatewayProcess(cleanup, env, hostOfB)] as const;
    await processes[0].start();
    const balancer = await startBalancer(cleanup, () => processes.map(({ apiPort }) => apiPort()));
    const origin = cleanup.use("origin", await startOrigin((socket) => socket.end(ANSWER)));
    const link = startNode(world, `http://127.0.0.1:${balancer}`, origin.port);
    return { world, processes, env, lease: await openLease(world, link) };
  }

  function startNode(world: World, gatewayUrl: string, port: number): Libp2pGatewayLink {
    const link = nodeOf(world, gatewayUrl, { port });
    cleanup.use("node", link).start();
    return link;
  }
});

async function nodesOnline({ apiUrl }: { apiUrl: () => string }): Promise<number> {
  const response = await fetch(`${apiUrl()}/v1/nodes`);
  const { nodes } = (await response.json()) as { nodes: { online: boolean }[] };
  return nodes.filter(({ online }) => online).length;
}

async function answers(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    let said = "";
    const socket = connect({ host, port });
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on("data", (chunk) => (said += chunk.toString()));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      resolve(said === ANSWER);
    });
  });
}
