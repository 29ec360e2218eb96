import { type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { type Libp2pGatewayLink } from "../../node-agent/src/p2p/gateway-link.ts";
import { systemClock as clock } from "../../node-agent/src/system-clock.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { until } from "../support/until.ts";
import { deployChainWorld } from "./support/chain-world.ts";
import { gatewayProgram } from "./support/gateway-program.ts";
import { keySettings } from "./support/key-settings.ts";
import { nodeOf, openLease, type World } from "./support/leased-node.ts";
import { exchange, startOrigin } from "./support/tunnel-node.ts";

const RESTARTS = 3;
/** From the gateway's first word to the first byte of a container. Others on the machine only make it longer. */
const BACK_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 20;

describe("a gateway that restarts", function () {
  this.timeout(180_000);
  const running: (() => Promise<unknown> | undefined)[] = [];
  after(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("is killed: its ports are back at once, and traffic within 2 s", async () => {
    const { world, lease, start } = await setup();
    let gateway = await start();
    const port = await lease.openDoor();
    await world.confirmStart(lease.lid, lease.leaseHash);
    await until(async () => (await firstByte(port)) !== undefined, "traffic flows");
    const backMs: number[] = [];
    for (let count = 0; count < RESTARTS; count += 1) {
      gateway.kill("SIGKILL");
      await new Promise((resolve) => gateway.once("close", resolve));
      gateway = await start();
      const from = performance.now();
      // The node asks for nothing: the gateway itself knows whose port it is.
      expect(await isOpen(port), "the port is open when the gateway says that it is ready").to.equal(true);
      while ((await firstByte(port)) === undefined && performance.now() - from < 30_000)
        await clock.sleep(LOOK_EVERY_MS, AbortSignal.timeout(1_000));
      backMs.push(performance.now() - from);
    }
    expect(Math.min(...backMs), `ms: ${backMs.map(Math.round).join(", ")}`).to.be.below(BACK_WITHIN_MS);
  });

  async function setup() {
    const world = await deployChainWorld();
    running.push(() => world.anvil.stop());
    await world.registerNode();
    const dataDir = await mkdtemp(join(tmpdir(), "fizz-restart-test-"));
    running.push(async () => {
      await rm(dataDir, { recursive: true, force: true });
    });
    const keys = await keySettings(dataDir);
    const [apiPort, listen, door] = [await freePort(), await freePort(), await freePort(31_000)];
    const start = (): Promise<ChildProcess> =>
      startGateway({
        FIZZ_RPC_URL: world.anvil.rpcUrl,
        FIZZ_CONTRACTS: JSON.stringify(world.contracts),
        ...keys,
        FIZZ_GATEWAY_API_HOST: "127.0.0.1",
        FIZZ_GATEWAY_API_PORT: String(apiPort),
        FIZZ_GATEWAY_LISTEN: `/ip4/127.0.0.1/tcp/${listen}`,
        FIZZ_GATEWAY_LINK_PORT: "0",
        FIZZ_GATEWAY_DOOR_HOST: "127.0.0.1",
        FIZZ_GATEWAY_PORTS: `${door}-${door}`,
        FIZZ_GATEWAY_DATA_DIR: dataDir,
        FIZZ_POLL_MS: "200",
      });
    const origin = await startOrigin((socket) => socket.end("from the container"));
    running.push(() => origin.stop());
    const link = startNode(world, `http://127.0.0.1:${apiPort}`, origin.port);
    return { world, start, lease: await openLease(world, link) };
  }

  async function startGateway(env: Record<string, string>): Promise<ChildProcess> {
    const start = await gatewayProgram();
    const child = start([], env);
    running.push(() => Promise.resolve(child.kill("SIGKILL")));
    child.stderr.resume();
    for await (const line of createInterface({ input: child.stdout }))
      if (line.includes("gateway.ready")) return child;
    throw new Error("the gateway ended without a ready line");
  }

  function startNode(world: World, gatewayUrl: string, port: number): Libp2pGatewayLink {
    const link = nodeOf(world, gatewayUrl, { port });
    running.push(() => link.stop());
    link.start();
    return link;
  }

  async function firstByte(port: number): Promise<string | undefined> {
    const answer = await exchange(port, Buffer.alloc(0)).catch(() => Buffer.alloc(0));
    return answer.toString() === "from the container" ? answer.toString() : undefined;
  }

  async function isOpen(port: number): Promise<boolean> {
    return await new Promise((resolve) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.once("connect", () => {
        resolve(true);
        socket.destroy();
      });
      socket.once("error", () => {
        resolve(false);
      });
    });
  }
});
