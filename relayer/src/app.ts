import { addressOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { type Libp2p } from "@libp2p/interface";
import { addressSigner } from "./chain/address-signer.ts";
import { RpcChain } from "./chain/rpc-chain.ts";
import { type Config } from "./config.ts";
import { baseUrl } from "./domain/base-url.ts";
import { DoorGuard, type DoorLimits } from "./doors/door-guard.ts";
import { DoorKeeper } from "./doors/door-keeper.ts";
import { ProxiedCallers } from "./doors/proxied-callers.ts";
import { AdminServer } from "./http/admin-server.ts";
import { HttpServer } from "./http/http-server.ts";
import { PromMeter } from "./observability/prom-meter.ts";
import { announcedAddresses } from "./p2p/announce.ts";
import { DoorsServer } from "./p2p/doors-server.ts";
import { HelloServer } from "./p2p/hello-server.ts";
import { startHost } from "./p2p/host.ts";
import { nodeCalls } from "./p2p/node-calls.ts";
import { NodeLinks } from "./p2p/node-links.ts";
import { ObserveServer } from "./p2p/observe-server.ts";
import { StrayStreams } from "./p2p/stray-streams.ts";
import { TunnelClient } from "./p2p/tunnel-client.ts";
import { TunnelLinks } from "./p2p/tunnel-links.ts";
import { type Backend, type ChainHealth, type Logger } from "./ports.ts";
import { ControlDesk } from "./services/control-desk.ts";
import { gatewayBackend } from "./services/gateway-backend.ts";
import { LeaseWatch } from "./services/lease-watch.ts";
import { ManifestDesk } from "./services/manifest-desk.ts";
import { NodeDirectory } from "./services/node-directory.ts";
import { QuoteDesk } from "./services/quote-desk.ts";
import { PgliteStore } from "./store/pglite-store.ts";

const MS_PER_SECOND = 1_000;

/** Where a running gateway is reached. */
export interface GatewayAddresses {
  readonly apiUrl: string;
  readonly peerId: string;
  readonly multiaddrs: string[];
  /** Where metrics are, when they are served. */
  readonly adminUrl?: string;
}

export interface Gateway {
  start(): Promise<GatewayAddresses>;
  stop(): Promise<void>;
}

interface Part {
  start?(): void | Promise<void>;
  stop(): void | Promise<void>;
}

/** Builds the whole gateway. Nothing is opened before start(). */
export function createGateway(config: Config, logger: Logger): Gateway {
  const running: Part[] = [];
  const begin = async (part: Part): Promise<void> => {
    running.unshift(part);
    await part.start?.();
  };
  let stopped: Promise<void> | undefined;
  return {
    start: () => startGateway({ config, logger, begin }),
    stop: () => {
      stopped ??= stopAll(running, logger);
      return stopped;
    },
  };
}

interface StartContext {
  readonly config: Config;
  readonly logger: Logger;
  /** Starts a part, and stops it with the gateway. */
  readonly begin: (part: Part) => Promise<void>;
}

async function startGateway({ config, logger, begin }: StartContext): Promise<GatewayAddresses> {
  const { contracts, maxNodes, publicHost } = config;
  const clock = Date.now;
  const operator = addressOfPublicKey(publicKeyOfPrivateKey(config.key));
  const store = new PgliteStore({ directory: config.dataDir });
  await begin(store);
  const chain = new RpcChain({ logger: logger.child({ part: "chain" }), clock }, { ...config, operator });
  const leases = new LeaseWatch({ chain, logger });
  const links = new NodeLinks();
  const meter = new PromMeter();
  const tunnelLinks = new TunnelLinks({ links, meter, logger: logger.child({ part: "p2p" }) });
  const tunnels = new TunnelClient(links, tunnelLinks);
  const guards = { guard: new DoorGuard(doorLimits(config)), callers: new ProxiedCallers(config.trustProxy) };
  const doors = new DoorKeeper(
    { chain, store, leases, tunnels, meter, logger: logger.child({ part: "doors" }), ...guards },
    { pool: config.ports, host: config.doorHost, publicHost },
  );
  const hasLeases = (nodeId: bigint): boolean => doors.hasLeases(nodeId);
  const nodes = new NodeDirectory({ chain, clock, logger, hasLeases }, { contracts, maxNodes });
  const calls = nodeCalls(links);
  const market = contracts.leaseMarket;
  const manifestDesk = new ManifestDesk({ chain, store, nodes, calls, clock, logger }, { market });
  const freeDoors = (): number => doors.freeDoors();
  const quoteDesk = new QuoteDesk({ chain, nodes, calls, clock, logger, freeDoors }, { market });
  for (const part of [leases, nodes, manifestDesk, doors, chain]) await begin(part);
  const host = await startPeers(
    { config, logger, begin },
    { chain, doors, nodes, links, tunnelLinks, meter },
  );
  const multiaddrs = (): string[] => host.getMultiaddrs().map((address) => address.toString());
  const controlDesk = new ControlDesk({ chain, calls });
  const desks = { quoteDesk, manifestDesk, controlDesk, doorCounts: () => doors.counts(), multiaddrs };
  const backend = gatewayBackend(
    { chain, clock, nodes, ...desks },
    { operator, peerId: host.peerId.toString(), publicHost, contracts },
  );
  const adminUrl = await startAdmin({ config, logger, begin }, { meter, doors, nodes, chain });
  const apiUrl = await startHttp({ config, logger, begin }, backend);
  return {
    apiUrl,
    ...(adminUrl === undefined ? {} : { adminUrl }),
    peerId: host.peerId.toString(),
    multiaddrs: multiaddrs(),
  };
}

/** What peers reach, once everything that answers them is there. @returns The libp2p host. */
async function startPeers(
  { config, logger, begin }: StartContext,
  { chain, doors, nodes, links, tunnelLinks, meter }: PeerServices,
): Promise<Libp2p> {
  const { key, listen, maxNodes, publicHost, contracts } = config;
  const announce = announcedAddresses(config);
  const host = await startHost(links, { privateKey: key, listen, announce, maxNodes });
  await begin(host);
  const p2p = logger.child({ part: "p2p" });
  await begin(tunnelLinks);
  await begin(new DoorsServer({ host, links, desk: doors, logger: p2p }));
  await begin(new StrayStreams({ host, meter, logger: p2p }));
  await begin(new HelloServer({ host, links, gate: nodes, logger: p2p }, { publicHost }));
  const sign = addressSigner(chain, { key, market: contracts.leaseMarket });
  await begin(new ObserveServer({ host, sign, clock: Date.now, logger: p2p }));
  return host;
}

interface PeerServices {
  readonly chain: RpcChain;
  readonly doors: DoorKeeper;
  readonly nodes: NodeDirectory;
  readonly links: NodeLinks;
  readonly tunnelLinks: TunnelLinks;
  readonly meter: PromMeter;
}

function doorLimits(config: Config): DoorLimits {
  return {
    total: config.maxConnections,
    perLease: config.maxConnectionsPerLease,
    perDoor: config.maxConnectionsPerDoor,
    perAddress: config.maxConnectionsPerAddress,
    perNode: config.maxConnectionsPerNode,
    newPerAddress: config.newConnectionsPerAddress,
    newPerLease: config.newConnectionsPerLease,
    idleMs: config.idleSeconds * MS_PER_SECOND,
    halfClosedMs: config.halfClosedSeconds * MS_PER_SECOND,
    bytesPerSecondPerLease: config.bytesPerSecondPerLease,
  };
}

/** Nothing is served while nobody asked for it. @returns Its base URL. */
async function startAdmin(
  { config: { adminHost: host, adminPort: port }, begin }: StartContext,
  {
    meter,
    doors,
    nodes,
    chain,
  }: { meter: PromMeter; doors: DoorKeeper; nodes: NodeDirectory; chain: RpcChain },
): Promise<string | undefined> {
  if (port === undefined) return undefined;
  const health = (): ChainHealth => chain.health();
  meter.watch({ doors: () => doors.counts(), nodesOnline: () => nodes.onlineCount(), chain: health });
  const notReady = (): string | undefined => (health().reachable ? undefined : "The chain does not answer.");
  const server = new AdminServer({ host, port, metrics: () => meter.text(), notReady });
  await begin({ stop: () => server.stop() });
  return baseUrl("http", host, await server.start());
}

async function startHttp({ config, logger, begin }: StartContext, backend: Backend): Promise<string> {
  const { apiHost: host, apiPort, rateLimit, publicHost } = config;
  const server = new HttpServer(
    { backend, logger: logger.child({ part: "http" }) },
    { host, port: apiPort, rateLimit },
  );
  await begin({ stop: () => server.stop() });
  const port = await server.start();
  return config.apiUrl ?? baseUrl("http", publicHost, port);
}

/** Last started, first stopped. One part that fails does not keep the others. */
async function stopAll(parts: readonly Part[], logger: Logger): Promise<void> {
  for (const part of parts) {
    try {
      await part.stop();
    } catch (error) {
      logger.warn({ event: "gateway.stop.failed", error }, "A part did not stop cleanly.");
    }
  }
}
