import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { composeLease } from "@fizz/protocol/orders";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { fizzDomain, quoteTypedData } from "@fizz/protocol/typed-data";
import { hashOpenPart, packResources, resourcesOf } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { Libp2pGatewayLink } from "../../node-agent/src/p2p/gateway-link.ts";
import { serveTunnelLink } from "../../node-agent/src/p2p/tunnel-link.ts";
import { systemClock as clock } from "../../node-agent/src/system-clock.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { AnsweringDesk } from "../node-agent/support/answers.ts";
import { FakeChain } from "../node-agent/support/fake-chain.ts";
import { idlePulsing } from "../node-agent/support/memory-pulses.ts";
import { silentLog } from "../node-agent/support/silent-log.ts";
import { sampleOrder, sampleQuote } from "../support/sample-order.ts";
import { until } from "../support/until.ts";
import { deployChainWorld, GATEWAY_KEY, NODE_KEY } from "./support/chain-world.ts";
import { exchange, startOrigin } from "./support/tunnel-node.ts";

const MAIN = fileURLToPath(new URL("../../relayer/src/main.ts", import.meta.url));
const CHAIN_ID = 31_337;
const NODE_ID = 1n;
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
    const [apiPort, listen, door] = [await freePort(), await freePort(), await freePort(31_000)];
    const start = (): Promise<ChildProcess> =>
      startGateway({
        FIZZ_RPC_URL: world.anvil.rpcUrl,
        FIZZ_CONTRACTS: JSON.stringify(world.contracts),
        FIZZ_GATEWAY_KEY: GATEWAY_KEY,
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

  type World = Awaited<ReturnType<typeof deployChainWorld>>;

  async function startGateway(env: Record<string, string>): Promise<ChildProcess> {
    const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env["PATH"], ...env } });
    running.push(() => Promise.resolve(child.kill("SIGKILL")));
    child.stderr.resume();
    for await (const line of createInterface({ input: child.stdout }))
      if (line.includes("gateway.ready")) return child;
    throw new Error("the gateway ended without a ready line");
  }

  /** The agent's own way to its gateway, to one container. */
  function startNode({ contracts }: World, gatewayUrl: string, port: number): Libp2pGatewayLink {
    const chain = Object.assign(new FakeChain(), { market: contracts.leaseMarket });
    const pulsing = idlePulsing({ key: NODE_KEY, nodeId: NODE_ID, slasher: zeroAddress });
    const targets = { locate: () => Promise.resolve({ host: "127.0.0.1", port }) };
    const link = new Libp2pGatewayLink(
      {
        ...{ chain, clock, log: silentLog, quoting: new AnsweringDesk(), pulsing },
        serve: (host, gatewayPeer, signal) =>
          serveTunnelLink(host, { targets, context: { log: silentLog, gatewayPeer, signal } }),
        onChange: () => undefined,
      },
      { gatewayUrl, privateKey: NODE_KEY, nodeId: NODE_ID, contracts, agentVersion: "test" },
    );
    running.push(() => link.stop());
    link.start();
    return link;
  }

  async function openLease(world: World, link: Libp2pGatewayLink) {
    const { contracts, node, tenant } = world;
    const market = contracts.leaseMarket;
    const order = sampleOrder();
    const { openPart, openSalt } = order;
    const quote = sampleQuote(order, (await generateSealingKeyPair()).publicKey, {
      openPartHash: hashOpenPart(openPart, openSalt),
      resources: packResources(resourcesOf(openPart, 0)),
      ratePerSecond: 10n ** 10n,
      protocolCutBps: await world.protocolCutBps(),
      expiresAt: Math.floor(Date.now() / 1_000) + 120,
    });
    const signature = await node.signTypedData(quoteTypedData(fizzDomain(CHAIN_ID, market), quote));
    const signed = { quote, signature };
    const composed = composeLease({ order, signed, tenant, chainId: CHAIN_ID, market, prepaidSeconds: 600 });
    const lid = await world.open(signed, composed.terms);
    const { leaseHash } = composed;
    const openDoor = async (): Promise<number> => {
      await until(() => Promise.resolve(link.session() !== undefined), "the node is connected");
      const doors = [{ service: "web", replica: 0, port: 8080, protocol: "tcp" }] as const;
      const request = { lid, leaseHash, doors: [...doors] };
      const { endpoints } = await link.openDoors(request, AbortSignal.timeout(10_000));
      return endpoints[0]?.publicPort ?? 0;
    };
    return { lid, leaseHash, openDoor };
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
