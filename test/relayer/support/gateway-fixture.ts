import { addressOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { type NodeHello, protocols } from "@fizz/protocol/messages";
import { COLLECT_EVERY_MIB, TrafficCollector } from "@fizz/protocol/node";
import { FramedStream, MUXER_INIT } from "@fizz/protocol/streams";
import { circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import { type Connection, type Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { type Hex, hexToBytes } from "viem";
import { z } from "zod";
import { addressSigner } from "../../../relayer/src/chain/address-signer.ts";
import { type AddressBlock } from "../../../relayer/src/domain/address-block.ts";
import { DoorGuard, type DoorLimits } from "../../../relayer/src/doors/door-guard.ts";
import { DoorKeeper } from "../../../relayer/src/doors/door-keeper.ts";
import { ProxiedCallers } from "../../../relayer/src/doors/proxied-callers.ts";
import { PromMeter } from "../../../relayer/src/observability/prom-meter.ts";
import { DataLinkListener, dataLinkPair } from "../../../relayer/src/p2p/data-link-listener.ts";
import { DataLinks, type DataLinksComponents } from "../../../relayer/src/p2p/data-links.ts";
import { DoorsServer } from "../../../relayer/src/p2p/doors-server.ts";
import { HelloServer } from "../../../relayer/src/p2p/hello-server.ts";
import { startHost } from "../../../relayer/src/p2p/host.ts";
import { NodeLinks } from "../../../relayer/src/p2p/node-links.ts";
import { ObserveServer } from "../../../relayer/src/p2p/observe-server.ts";
import { StrayStreams } from "../../../relayer/src/p2p/stray-streams.ts";
import { TunnelClient } from "../../../relayer/src/p2p/tunnel-client.ts";
import { TunnelLinks } from "../../../relayer/src/p2p/tunnel-links.ts";
import { HostRouter, type HostRouterInit } from "../../../relayer/src/routing/host-router.ts";
import { Drain } from "../../../relayer/src/services/drain.ts";
import { LeaseWatch } from "../../../relayer/src/services/lease-watch.ts";
import { NodeDirectory } from "../../../relayer/src/services/node-directory.ts";
import { PulseDesk } from "../../../relayer/src/services/pulse-desk.ts";
import { MemoryPulseBook } from "../../../relayer/src/store/memory-pulse-book.ts";
import { CONTRACTS, MARKET, memoryLogger, offer, testKey } from "./builders.ts";
import { FakeChain } from "./fake-chain.ts";
import { LIMITS } from "./limits.ts";
import { MemoryStore } from "./memory-store.ts";
import { NO_HOSTS } from "./unrouted.ts";

export const GATEWAY_KEY = testKey(0x42);
/** Any answer: tests look at it themselves. */
export const anyAnswer = z.looseObject({ type: z.string() });

export interface GatewayFixture {
  readonly host: Libp2p;
  readonly chain: FakeChain;
  readonly store: MemoryStore;
  readonly links: NodeLinks;
  readonly nodes: NodeDirectory;
  readonly doors: DoorKeeper;
  readonly router: HostRouter;
  readonly tunnels: TunnelClient;
  readonly tunnelLinks: TunnelLinks;
  readonly dataLinks: DataLinks | undefined;
  readonly meter: PromMeter;
  readonly drain: Drain;
  readonly book: MemoryPulseBook;
  stop(): Promise<void>;
}

/** The gateway's libp2p side with real sockets on loopback and a fake chain. */
export async function startGatewayFixture(
  init: {
    silenceLimitMs?: number;
    limits?: Partial<DoorLimits>;
    trusted?: readonly AddressBlock[];
    proxies?: { headerTimeoutMs: number };
    routing?: Partial<HostRouterInit>;
    maxNodes?: number;
    listen?: readonly string[];
    relayBytesPerSecond?: number;
    /** What data links are made with; without it there are none. */
    dataLinks?: (listener: DataLinkListener) => Partial<DataLinksComponents>;
    /** Nodes with leases; those with doors when it is not said. */
    leasedNodes?: () => ReadonlySet<bigint>;
    /** Of pulses. */
    clock?: () => number;
  } = {},
): Promise<GatewayFixture> {
  const logger = memoryLogger();
  const chain = new FakeChain();
  const store = new MemoryStore();
  const links = new NodeLinks();
  const meter = new PromMeter();
  const hasLeases = (nodeId: bigint): boolean => doors.leasedNodes().has(nodeId);
  const onTraffic = new TrafficCollector(COLLECT_EVERY_MIB).count;
  const listener = init.dataLinks === undefined ? undefined : await linkListener(meter);
  const dataLinks =
    listener === undefined
      ? undefined
      : new DataLinks({
          links,
          listener,
          meter,
          logger,
          onTraffic,
          ...init.dataLinks?.(listener),
        });
  const leasedNodes = init.leasedNodes ?? ((): ReadonlySet<bigint> => doors.leasedNodes());
  const tunnelLinks = new TunnelLinks({ links, meter, logger, onTraffic, leasedNodes, dataLinks });
  const tunnels = new TunnelClient(links, tunnelLinks);
  const leases = new LeaseWatch({ chain, logger });
  const pool = [{ first: 42_000, last: 60_000 }];
  const guard = new DoorGuard({ ...LIMITS, ...init.limits });
  const callers = new ProxiedCallers(init.trusted ?? [], init.proxies);
  const router = new HostRouter(
    { tunnels, places: guard, callers, meter, logger },
    { ...NO_HOSTS, ...init.routing },
  );
  meter.watchRouted(router.counts);
  const doors = new DoorKeeper(
    { chain, store, leases, tunnels, router, meter, logger, guard, callers },
    { pool, host: "127.0.0.1", publicHost: "127.0.0.1" },
  );
  const { maxNodes = 10_000 } = init;
  const drain = new Drain({ clock: Date.now, logger });
  drain.attach(doors);
  const nodes = new NodeDirectory(
    { chain, clock: Date.now, logger, hasLeases },
    { contracts: CONTRACTS, maxNodes },
  );
  const listen = init.listen ?? ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/tcp/0/ws"];
  const host = await startHost(links, {
    privateKey: GATEWAY_KEY,
    listen,
    announce: init.listen ?? [],
    maxNodes,
    relayBytesPerSecond: init.relayBytesPerSecond ?? 1_000_000_000,
  });
  const doorsServer = new DoorsServer({ host, links, desk: doors, tunnels: tunnelLinks, logger });
  const strayStreams = new StrayStreams({ host, meter, logger });
  const book = new MemoryPulseBook(2 * maxNodes);
  const { clock = Date.now } = init;
  const pulses = new PulseDesk({ book, clock, meter }, { key: GATEWAY_KEY });
  const helloServer = new HelloServer(
    {
      host,
      links,
      gate: drain.gate(nodes, hasLeases),
      pulses,
      logger,
      latencyOf: (nodeId) => tunnelLinks.rttMs(nodeId),
    },
    {
      publicHost: "127.0.0.1",
      ...(init.silenceLimitMs === undefined ? {} : { silenceLimitMs: init.silenceLimitMs }),
    },
  );
  leases.start();
  await nodes.start();
  tunnelLinks.start();
  await router.start();
  await doorsServer.start();
  await strayStreams.start();
  await helloServer.start();
  const sign = addressSigner(chain, { key: GATEWAY_KEY, contracts: CONTRACTS });
  const observeServer = new ObserveServer({ host, sign, clock: Date.now, logger });
  await observeServer.start();
  return {
    host,
    chain,
    store,
    links,
    nodes,
    doors,
    router,
    tunnels,
    tunnelLinks,
    dataLinks,
    meter,
    drain,
    book,
    stop: async () => {
      await observeServer.stop();
      await helloServer.stop();
      await strayStreams.stop();
      await doorsServer.stop();
      await doors.stop();
      tunnelLinks.stop();
      await listener?.stop();
      await router.stop();
      await host.stop();
      leases.stop();
      await nodes.stop();
    },
  };
}

async function linkListener(meter: PromMeter): Promise<DataLinkListener> {
  const pair = await dataLinkPair(Date.now());
  const onStray = (): void => {
    meter.dataLink("refused");
  };
  const listener = new DataLinkListener({ host: "127.0.0.1", port: 0, pair, onStray });
  await listener.start();
  return listener;
}

/** A libp2p host as a node or a client runs it. */
export async function startPeer(privateKey: Hex): Promise<Libp2p> {
  return await createLibp2p({
    privateKey: privateKeyFromRaw(hexToBytes(privateKey)),
    transports: [tcp(), webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux(MUXER_INIT)],
    services: { identify: identify() },
    connectionMonitor: { enabled: false },
  });
}

export function addressOfKey(privateKey: Hex): Hex {
  return addressOfPublicKey(publicKeyOfPrivateKey(privateKey));
}

export interface HelloSession {
  readonly connection: Connection;
  readonly framed: FramedStream;
  readonly stream: Stream;
  readonly answer: z.infer<typeof anyAnswer>;
  send(message: unknown): Promise<z.infer<typeof anyAnswer>>;
}

/** Dials the gateway and says hello. */
export async function sayHello(
  peer: Libp2p,
  gateway: Libp2p,
  changes: Partial<Extract<NodeHello, { type: "hello" }>> = {},
): Promise<HelloSession> {
  const addresses = gateway.getMultiaddrs().filter((address) => !isWebSocket(address.toString()));
  return await sayHelloOver(peer, addresses, changes);
}

/** As `sayHello`, at an address of one's own choice. */
export async function sayHelloOver(
  peer: Libp2p,
  address: Parameters<Libp2p["dial"]>[0],
  changes: Partial<Extract<NodeHello, { type: "hello" }>> = {},
): Promise<HelloSession> {
  const connection = await peer.dial(address, { force: true });
  const stream = await connection.newStream(protocols.hello);
  const framed = new FramedStream(stream);
  const soon = (): AbortSignal => AbortSignal.timeout(30_000);
  const send = async (message: unknown): Promise<z.infer<typeof anyAnswer>> => {
    await framed.write(message, soon());
    return await framed.require(anyAnswer, soon());
  };
  const words = {
    agentVersion: "0.1.0",
    chainId: 31_337,
    market: MARKET,
    nodeId: 1n,
    offer: offer(),
    ...changes,
  };
  const answer = await send({ type: "hello", ...words });
  return { connection, framed, stream, answer, send };
}

/** The gateway's address of one transport. */
export function gatewayAddress(gateway: Libp2p, transport: "tcp" | "ws"): string {
  const all = gateway.getMultiaddrs().map((address) => address.toString());
  const found = all.find((text) => isWebSocket(text) === (transport === "ws"));
  if (found === undefined) throw new Error(`no ${transport} in ${all.join(", ")}`);
  return found;
}

/** Listens on the gateway's relay. */
export async function reserve(peer: Libp2p, gateway: Libp2p): Promise<void> {
  const address = multiaddr(`${gatewayAddress(gateway, "tcp")}/p2p-circuit`);
  const { components } = peer as unknown as {
    components: { transportManager: { listen(addresses: unknown[]): Promise<void> } };
  };
  await components.transportManager.listen([address]);
}

function isWebSocket(address: string): boolean {
  return address.includes("/ws");
}
