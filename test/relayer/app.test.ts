import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { hashOpenPart, openPartSchema, packResources, resourcesOf } from "@fizz/protocol/manifest";
import {
  type ManifestDelivery,
  manifestDeliverySchema,
  protocols,
  quoteRequestSchema,
} from "@fizz/protocol/messages";
import { composeLease } from "@fizz/protocol/orders";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { FramedStream } from "@fizz/protocol/streams";
import { fizzDomain, quoteTypedData, receiptTypedData } from "@fizz/protocol/typed-data";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { type Libp2p } from "libp2p";
import { zeroAddress } from "viem";
import { type z } from "zod";
import { createGateway, type GatewayAddresses } from "../../relayer/src/app.ts";
import { loadConfig } from "../../relayer/src/config.ts";
import { sampleOrder, sampleQuote } from "../support/sample-order.ts";
import { eventually, memoryLogger, offer } from "./support/builders.ts";
import { deployChainWorld, GATEWAY_KEY, NODE_KEY, NODE_RESOURCES } from "./support/chain-world.ts";
import { anyAnswer, startPeer } from "./support/gateway-fixture.ts";
import { exchange, serveTunnels, startOrigin } from "./support/tunnel-node.ts";

const CHAIN_ID = 31_337;

describe("the gateway with a real chain", function () {
  this.timeout(120_000);
  const running: (() => Promise<void>)[] = [];
  after(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("takes an order from quote to a public connection, over a restart, to its end at depth", async () => {
    const world = await deployChainWorld();
    running.push(() => world.anvil.stop());
    await world.registerNode();
    const directory = mkdtempSync(join(tmpdir(), "fizz-app-test-"));
    running.push(async () => {
      rmSync(directory, { recursive: true, force: true });
      await Promise.resolve();
    });
    const origin = await startOrigin((socket) => socket.end("from the container"));
    running.push(() => origin.stop());
    const gateway = await start(world, directory);
    const node = await startNode(world, gateway.addresses, origin.port);

    const api = gatewayApi({ baseUrl: gateway.addresses.apiUrl, fetch });
    const order = sampleOrder();
    const asked = {
      openPart: order.openPart,
      openSalt: order.openSalt,
      tenant: world.tenant,
      token: zeroAddress,
    };
    const { quotes, refusals } = await api.quotes(asked);
    expect(refusals).to.deep.equal([]);
    const signed = quotes[0]?.signed;
    if (signed === undefined) throw new Error("no quote");
    const market = world.contracts.leaseMarket;
    const { tenant } = world;
    const lease = composeLease({ order, signed, tenant, chainId: CHAIN_ID, market, prepaidSeconds: 600 });
    const lid = await world.open(signed, lease.terms);
    const receipt = await api.deliverManifest(await lease.delivery(lid));
    expect(receipt?.receipt).to.deep.include({ lid, leaseHash: lease.leaseHash });

    const { leaseHash } = lease;
    const doors = [{ service: "web", replica: 0, port: 8080, protocol: "tcp" }];
    const opened = await node.ask(protocols.doors, { lid: lid.toString(), leaseHash, doors });
    const port = (opened["endpoints"] as { publicPort: number }[])[0]?.publicPort ?? 0;
    expect((await exchange(port, Buffer.alloc(0))).length, "before the start is confirmed").to.equal(0);
    const { adminUrl = "" } = gateway.addresses;
    expect((await fetch(`${adminUrl}/readyz`)).status).to.equal(200);
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    for (const line of ["nodes_online 1", "doors 1", 'connections_refused_total{limit="state"} 1'])
      expect(metrics).to.include(`\nfizz_gateway_${line}\n`);
    await world.confirmStart(lid, leaseHash);
    await eventually(async () => (await exchange(port, Buffer.alloc(0))).toString() === "from the container");

    await node.stop();
    await gateway.stop();
    const again = await start(world, directory);
    const nodeAgain = await startNode(world, again.addresses, origin.port);
    running.push(() => nodeAgain.stop());
    await eventually(async () => (await exchange(port, Buffer.alloc(0))).toString() === "from the container");

    await world.close(lid);
    await eventually(async () => (await exchange(port, Buffer.alloc(0))).length === 0);
    expect(await doorCount(again.addresses)).to.equal(1);
    await world.test.mine({ blocks: 3 });
    await eventually(async () => (await doorCount(again.addresses)) === 0);
  });

  type World = Awaited<ReturnType<typeof deployChainWorld>>;

  async function start(world: World, dataDir: string) {
    const first = 20_000 + 100 * Math.floor(Math.random() * 100);
    const config = loadConfig(undefined, {
      FIZZ_RPC_URL: world.anvil.rpcUrl,
      FIZZ_CONTRACTS: JSON.stringify(world.contracts),
      FIZZ_GATEWAY_KEY_FILE: "gateway.key",
      FIZZ_GATEWAY_API_HOST: "127.0.0.1",
      FIZZ_GATEWAY_API_PORT: "0",
      FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0,/ip4/127.0.0.1/tcp/0/ws",
      FIZZ_GATEWAY_LINK_PORT: "0",
      FIZZ_GATEWAY_DOOR_HOST: "127.0.0.1",
      FIZZ_GATEWAY_PORTS: `${first}-${first + 99}`,
      FIZZ_GATEWAY_DATA_DIR: dataDir,
      FIZZ_GATEWAY_ADMIN_PORT: "0",
      FIZZ_POLL_MS: "50",
    });
    const gateway = createGateway({ config, key: GATEWAY_KEY }, memoryLogger());
    running.push(() => gateway.stop());
    return { addresses: await gateway.start(), stop: () => gateway.stop() };
  }

  /** The node's side of the wire, without an engine. */
  async function startNode(
    { contracts, node, protocolCutBps }: World,
    gateway: GatewayAddresses,
    originPort: number,
  ) {
    const peer = await startPeer(NODE_KEY);
    const domain = fizzDomain(CHAIN_ID, contracts.leaseMarket);
    const sealing = await generateSealingKeyPair();
    const protocolCut = await protocolCutBps();
    const bid = async ({
      openPart: raw,
      openSalt,
    }: z.output<typeof quoteRequestSchema>): Promise<unknown> => {
      const openPart = openPartSchema.parse(raw);
      const quote = sampleQuote(sampleOrder(), sealing.publicKey, {
        openPartHash: hashOpenPart(openPart, openSalt),
        resources: packResources(resourcesOf(openPart, 0)),
        ratePerSecond: 10n ** 10n,
        protocolCutBps: protocolCut,
        expiresAt: Math.floor(Date.now() / 1_000) + 120,
      });
      return {
        type: "quote",
        signed: { quote, signature: await node.signTypedData(quoteTypedData(domain, quote)) },
      };
    };
    const accept = async ({ lid, leaseHash, manifestHash }: ManifestDelivery): Promise<unknown> => {
      const receipt = { lid, leaseHash, manifestHash };
      const signature = await node.signTypedData(receiptTypedData(domain, receipt));
      return { type: "receipt", signed: { receipt, signature } };
    };
    await serve(peer, protocols.quote, { schema: quoteRequestSchema, answer: bid });
    await serve(peer, protocols.manifest, { schema: manifestDeliverySchema, answer: accept });
    await serveTunnels(peer, () => originPort);
    const connection = await peer.dial(gateway.multiaddrs.map((address) => multiaddr(address)));
    const ask = async (protocol: string, message: unknown): Promise<z.infer<typeof anyAnswer>> => {
      const framed = new FramedStream(await connection.newStream(protocol));
      await framed.write(message, AbortSignal.timeout(30_000));
      return await framed.require(anyAnswer, AbortSignal.timeout(30_000));
    };
    const words = { agentVersion: "0.1.0", chainId: CHAIN_ID, market: contracts.leaseMarket, nodeId: 1n };
    const free = offer({ total: NODE_RESOURCES, free: NODE_RESOURCES });
    expect((await ask(protocols.hello, { type: "hello", ...words, offer: free })).type).to.equal("welcome");
    return {
      ask,
      stop: async () => {
        await peer.stop();
      },
    };
  }

  async function serve<Schema extends z.ZodType>(
    peer: Libp2p,
    protocol: string,
    { schema, answer }: { schema: Schema; answer: (request: z.output<Schema>) => Promise<unknown> },
  ): Promise<void> {
    await peer.handle(protocol, async (stream) => {
      const framed = new FramedStream(stream);
      const request = await framed.require(schema, AbortSignal.timeout(30_000));
      await framed.write(await answer(request), AbortSignal.timeout(30_000));
      await framed.close();
    });
  }

  async function doorCount({ apiUrl }: GatewayAddresses): Promise<number> {
    const health = (await (await fetch(`${apiUrl}/v1/health`)).json()) as { doors: { doors: number } };
    return health.doors.doors;
  }
});
