import { type ChildProcess, spawn } from "node:child_process";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { type Libp2pGatewayLink } from "../../node-agent/src/p2p/gateway-link.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { runCommand } from "../../scripts/lib/run-command.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { canFetchPrograms } from "../support/can-fetch-programs.ts";
import { type PostgresServer, startPostgresServer } from "../support/postgres-server.ts";
import { until } from "../support/until.ts";
import { testKey } from "./support/builders.ts";
import { deployChainWorld, GATEWAY_KEY } from "./support/chain-world.ts";
import { nodeOf, openLease, type World } from "./support/leased-node.ts";
import { startOrigin } from "./support/tunnel-node.ts";

const MAIN = fileURLToPath(new URL("../../relayer/src/main.ts", import.meta.url));
/** Each stands for a machine of its own: both have the same ports. */
const [HOST_A, HOST_B] = ["127.0.0.1", "127.0.0.2"];
const ANSWER = "from the container";

describe("two processes of one gateway on one PostgreSQL", function () {
  this.timeout(240_000);
  const cleanup = new Cleanup();
  let postgres: PostgresServer;
  before(async function () {
    if (!canFetchPrograms()) this.skip();
    postgres = cleanup.use("postgres", await startPostgresServer());
  });
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
    await postgres.kill();
    expect(await answers(HOST_A, port), "forwarded without a database").to.equal(true);
    expect(await answers(HOST_B, port), "without a database").to.equal(true);
    await postgres.restart();

    const stranger = gateway({ ...env, FIZZ_GATEWAY_KEY: testKey(0x43) }, HOST_A);
    expect(await stranger.start().catch(String)).to.include("CONFIG_INVALID");
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
      FIZZ_RPC_URL: world.anvil.rpcUrl,
      FIZZ_CONTRACTS: JSON.stringify(world.contracts),
      FIZZ_GATEWAY_KEY: GATEWAY_KEY,
      FIZZ_GATEWAY_DATABASE_URL: await postgres.database(),
      FIZZ_GATEWAY_API_HOST: "127.0.0.1",
      FIZZ_GATEWAY_LINK_PORT: "0",
      FIZZ_GATEWAY_PORTS: `${door}-${door}`,
      FIZZ_POLL_MS: "200",
    };
    const processes = [gateway(env, HOST_A), gateway(env, hostOfB)] as const;
    await processes[0].start();
    const balancer = await startBalancer(() => processes.map(({ apiPort }) => apiPort()));
    const origin = cleanup.use("origin", await startOrigin((socket) => socket.end(ANSWER)));
    const link = startNode(world, `http://127.0.0.1:${balancer}`, origin.port);
    return { world, processes, env, lease: await openLease(world, link) };
  }

  function gateway(env: Readonly<Record<string, string>>, doorHost: string) {
    let child: ChildProcess | undefined;
    let apiUrl = "http://127.0.0.1:1";
    let own: Record<string, string | undefined> = {};
    cleanup.defer("gateway", () => child?.kill("SIGKILL"));
    return {
      apiUrl: () => apiUrl,
      apiPort: () => Number(new URL(apiUrl).port),
      status: async (): Promise<string> => {
        const argv = [process.execPath, MAIN, "status"];
        return (await runCommand(argv, { env: { ...own, ...env } })).stdout;
      },
      kill: () => child?.kill("SIGKILL"),
      start: async (): Promise<void> => {
        const folder = cleanup.use("folder", await createTempDir("sharing"));
        own = {
          PATH: process.env["PATH"],
          FIZZ_GATEWAY_DATA_DIR: folder.path,
          FIZZ_GATEWAY_API_PORT: "0",
          FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0",
          FIZZ_GATEWAY_DOOR_HOST: doorHost,
        };
        child = spawn(process.execPath, [MAIN], { env: { ...own, ...env } });
        let said = "";
        child.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)));
        if (child.stdout !== null)
          for await (const line of createInterface({ input: child.stdout })) {
            if (!line.includes("gateway.ready")) continue;
            ({ apiUrl } = JSON.parse(line) as { apiUrl: string });
            return;
          }
        throw new Error(`the gateway ended without a ready line: ${said}`);
      },
    };
  }

  /** Leads to the first process that accepts, as a balancer with health checks does. */
  async function startBalancer(ports: () => number[]): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on("error", () => undefined));
      void reach(ports()).then((onward) => {
        if (onward === undefined) socket.destroy();
        else socket.pipe(onward).pipe(socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanup.defer("balancer", () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  function startNode(world: World, gatewayUrl: string, port: number): Libp2pGatewayLink {
    const link = nodeOf(world, gatewayUrl, port);
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

async function reach(ports: readonly number[]): Promise<Socket | undefined> {
  for (const port of ports) {
    const socket = connect({ host: "127.0.0.1", port });
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => {
        resolve(true);
      });
      socket.on("error", () => {
        resolve(false);
      });
    });
    if (isOpen) return socket;
  }
  return undefined;
}
