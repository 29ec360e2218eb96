import { addressOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { OPERATOR_SOCKET, socketPathOf, TrafficCollector } from "@fizz/protocol/node";
import { startDirectory } from "./app-directory.ts";
import { createDoors } from "./app-doors.ts";
import { startHistory } from "./app-history.ts";
import { createTunnelLinks } from "./app-links.ts";
import { createQuotes } from "./app-quotes.ts";
import { type NotReady, readiness } from "./app-readiness.ts";
import { type RequestParts, startRequests } from "./app-requests.ts";
import { joinOthers } from "./app-sharing.ts";
import { openStore, storeStatus } from "./app-store.ts";
import { createTenantGate } from "./app-tenants.ts";
import { addressSigner } from "./chain/address-signer.ts";
import { RpcChain } from "./chain/rpc-chain.ts";
import { type Config } from "./config.ts";
import { baseUrl } from "./domain/base-url.ts";
import { type DoorKeeper } from "./doors/door-keeper.ts";
import { AdminServer } from "./http/admin-server.ts";
import { HttpServer } from "./http/http-server.ts";
import { type HistoryBackend } from "./history-ports.ts";
import { operatorSocket } from "./http/operator-socket.ts";
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
import { type TunnelLinks } from "./p2p/tunnel-links.ts";
import { type Backend, type ChainHealth, type Logger, type OperatorStatus } from "./ports.ts";
import { type RelayStatus } from "./request-ports.ts";
import { ControlDesk } from "./services/control-desk.ts";
import { Drain } from "./services/drain.ts";
import { gatewayBackend } from "./services/gateway-backend.ts";
import { LeaseWatch } from "./services/lease-watch.ts";
import { ManifestDesk } from "./services/manifest-desk.ts";
import { NodeDirectory } from "./services/node-directory.ts";
import { PulseDesk } from "./services/pulse-desk.ts";
import { Reloader } from "./services/reloader.ts";
import { type SharedNodes } from "./services/shared-nodes.ts";
import { type Part, type StartContext } from "./start-context.ts";
import { MemoryPulseBook } from "./store/memory-pulse-book.ts";

const MS_PER_SECOND = 1_000;
/** Nodes whose newest pulse is kept, for each that may be connected. */
const KEPT_PER_ONLINE = 2;

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
  /** Takes nothing new, and lets public connections go on for `stopSeconds`. Again: at most as long from then on. */
  drain(): void;
  /** Resolves when a drain is over, whoever began it: then the gateway can be stopped. */
  readonly drained: Promise<void>;
  /** Reads the configuration anew; what is wrong, and what needs a restart, is in the log. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** What a process gives its gateway for a reload. */
export interface GatewayHooks {
  /** @throws ProtocolError CONFIG_INVALID */
  readonly readConfig: () => Config;
  readonly setLogLevel: (level: Config["logLevel"]) => void;
}

/** Builds the whole gateway. Nothing is opened before start(). */
export function createGateway(
  { config, key }: Pick<StartContext, "config" | "key">,
  logger: Logger,
  { readConfig, setLogLevel }: GatewayHooks = { readConfig: () => config, setLogLevel: () => undefined },
): Gateway {
  const running: Part[] = [];
  const begin = async (part: Part): Promise<void> => {
    running.unshift(part);
    await part.start?.();
  };
  const drain = new Drain({ clock: Date.now, logger });
  const reloader = new Reloader<Config>({ logger, read: readConfig }, config);
  reloader.add({
    name: "process",
    keys: ["logLevel", "stopSeconds"],
    reload: ({ logLevel }) => {
      setLogLevel(logLevel);
    },
  });
  let stopped: Promise<void> | undefined;
  return {
    start: () => startGateway({ config, key, logger, begin, drain, reloader }),
    drain: () => {
      drain.begin(reloader.settings.stopSeconds * MS_PER_SECOND);
    },
    drained: drain.over,
    reload: async () => {
      await reloader.reload().catch(() => undefined);
    },
    stop: () => {
      stopped ??= stopAll(running, logger);
      return stopped;
    },
  };
}

async function startGateway(context: StartContext): Promise<GatewayAddresses> {
  const { config, key, logger, begin } = context;
  const { contracts, maxNodes, publicHost } = config;
  const clock = Date.now;
  const operator = addressOfPublicKey(publicKeyOfPrivateKey(key));
  const opened = await openStore(context);
  const { store, shared } = opened;
  const chain = new RpcChain({ logger: logger.child({ part: "chain" }), clock }, { ...config, operator });
  const leases = new LeaseWatch({ chain, logger });
  const [links, meter] = [new NodeLinks(), new PromMeter()];
  const onTraffic = new TrafficCollector(config.collectMib).count;
  const leasedNodes = (): ReadonlySet<bigint> => doors.leasedNodes();
  const tunnelLinks = await createTunnelLinks(context, { links, meter, leasedNodes, onTraffic });
  const tunnels = new TunnelClient(links, tunnelLinks);
  const opening = { opened, store, shared: shared && store, alone: shared?.alone };
  const parts = { chain, leases, tunnels, meter, ...opening };
  const { router, doors, certificates } = createDoors(context, parts);
  const uptimes = store.uptimes();
  const hasLeases = (nodeId: bigint): boolean => leasedNodes().has(nodeId);
  const nodes = new NodeDirectory({ chain, clock, logger, hasLeases, uptimes }, { contracts, maxNodes });
  const calls = nodeCalls(links);
  const market = contracts.leaseMarket;
  const manifestDesk = new ManifestDesk({ chain, store, nodes, calls, clock, logger }, { market });
  const quoteDesk = createQuotes(context, { chain, nodes, calls, doors, router, operator });
  for (const part of [leases, nodes, manifestDesk, router, doors, ...certificates, chain]) await begin(part);
  const host = await startHost(links, {
    ...{ privateKey: key, listen: config.listen },
    announce: announcedAddresses(config),
    maxNodes,
    relayBytesPerSecond: config.relayBytesPerSecond,
  });
  await begin(host);
  const multiaddrs = (): string[] => host.getMultiaddrs().map(String);
  const joining = { links, tunnelLinks, tunnels, nodes, doors, multiaddrs };
  const sharing = await joinOthers(context, opened, joining);
  await startPeerServices(context, { host, links, tunnelLinks, chain, doors, nodes, meter, sharing });
  const controlDesk = new ControlDesk({ chain, calls, tenants: createTenantGate(context, parts) });
  const { history, historyStatus } = await startHistory(context, { chain, opened, meter });
  const doorCounts = (): ReturnType<DoorKeeper["counts"]> => doors.counts();
  const desks = { quoteDesk, manifestDesk, controlDesk, doorCounts, multiaddrs, sharing };
  const listing = await startDirectory(context, { nodes, clock, chain, opened });
  const init = { operator, peerId: host.peerId.toString(), publicHost, contracts };
  const backend = gatewayBackend({ chain, clock, nodes, historyStatus, ...listing, ...desks }, init);
  const notReady = readiness(context, { chain, watch: opened.watch });
  const adminUrl = await startAdmin(context, { meter, doors, nodes, chain, notReady });
  const { apiUrl, relayStatus } = await startHttp(context, backend, { ...parts, history });
  const { peerId } = init;
  await startOperatorSocket(context, { backend, notReady, apiUrl, peerId, relayStatus, sharing });
  return { apiUrl, ...(adminUrl !== undefined && { adminUrl }), peerId, multiaddrs: multiaddrs() };
}

/** What nodes and clients ask of the gateway over libp2p. */
async function startPeerServices(
  { config, key, logger, begin, drain }: StartContext,
  { host, links, tunnelLinks, chain, doors, nodes, meter, sharing }: PeerParts,
): Promise<void> {
  const { publicHost, contracts, maxNodes } = config;
  const p2p = logger.child({ part: "p2p" });
  await begin(tunnelLinks);
  await begin(new DoorsServer({ host, links, desk: doors, tunnels: tunnelLinks, logger: p2p }));
  await begin(new StrayStreams({ host, meter, logger: p2p }));
  const gate = drain.gate(sharing?.gate(nodes) ?? nodes, (nodeId) => doors.leasedNodes().has(nodeId));
  const latencyOf = (nodeId: bigint): number | undefined => tunnelLinks.rttMs(nodeId);
  const book = new MemoryPulseBook(KEPT_PER_ONLINE * maxNodes);
  const pulseDesk = new PulseDesk({ book, clock: Date.now, meter }, { key });
  const pulses = sharing?.pulses(pulseDesk) ?? pulseDesk;
  await begin(new HelloServer({ host, links, gate, pulses, logger: p2p, latencyOf }, { publicHost }));
  const sign = addressSigner(chain, { key, contracts });
  await begin(new ObserveServer({ host, sign, clock: Date.now, logger: p2p }));
}

interface PeerParts {
  readonly host: Awaited<ReturnType<typeof startHost>>;
  readonly links: NodeLinks;
  readonly tunnelLinks: TunnelLinks;
  readonly chain: RpcChain;
  readonly doors: DoorKeeper;
  readonly nodes: NodeDirectory;
  readonly meter: PromMeter;
  readonly sharing: SharedNodes | undefined;
}

/** Nothing is served while nobody asked for it. @returns Its base URL. */
async function startAdmin(
  { config: { adminHost: host, adminPort: port }, begin, drain }: StartContext,
  { meter, doors, nodes, chain, notReady }: AdminParts,
): Promise<string | undefined> {
  if (port === undefined) return undefined;
  const health = (): ChainHealth => chain.health();
  const isDraining = (): boolean => drain.times !== undefined;
  const nodesOnline = (): number => nodes.onlineCount();
  meter.watch({ doors: () => doors.counts(), nodesOnline, chain: health, isDraining });
  const server = new AdminServer({ host, port, metrics: () => meter.text(), notReady });
  await begin({ stop: () => server.stop() });
  return baseUrl("http", host, await server.start());
}

interface AdminParts {
  readonly meter: PromMeter;
  readonly doors: DoorKeeper;
  readonly nodes: NodeDirectory;
  readonly chain: RpcChain;
  readonly notReady: NotReady;
}

/** Where the operator's commands reach this process. */
async function startOperatorSocket(
  { config, begin, drain, reloader }: StartContext,
  { backend, notReady, relayStatus, sharing, ...addresses }: SocketParts,
): Promise<void> {
  const status = (): OperatorStatus => {
    const health = backend.health();
    const residentBytes = process.memoryUsage.rss();
    const relay = relayStatus() ?? null;
    const store = storeStatus(config, sharing);
    const reason = notReady() ?? null;
    return {
      ...{ ...health, ...addresses, notReady: reason, drain: drain.times ?? null },
      ...{ residentBytes, relay, store },
    };
  };
  const desk = {
    status,
    drain: (limitMs: number) => drain.begin(limitMs),
    reload: () => reloader.reload(),
  };
  await begin(operatorSocket(socketPathOf(config.dataDir, OPERATOR_SOCKET), desk));
}

interface SocketParts {
  readonly backend: Backend;
  readonly notReady: NotReady;
  readonly apiUrl: string;
  readonly peerId: string;
  readonly relayStatus: () => RelayStatus | undefined;
  readonly sharing: SharedNodes | undefined;
}

async function startHttp(
  context: StartContext,
  backend: Backend,
  parts: RequestParts & { readonly history: HistoryBackend | undefined },
): Promise<Pick<SocketParts, "apiUrl" | "relayStatus">> {
  const { config, logger, begin, reloader } = context;
  const { history } = parts;
  const { requests, relayStatus } = await startRequests(context, parts);
  const { apiHost: host, apiPort, rateLimit, publicHost } = config;
  const server = new HttpServer(
    {
      backend,
      requests,
      meter: parts.meter,
      ...(history && { history }),
      logger: logger.child({ part: "http" }),
    },
    { host, port: apiPort, rateLimit },
  );
  await begin({ stop: () => server.stop() });
  reloader.add({
    name: "http",
    keys: ["rateLimit", "limitShare"],
    reload: (settings) => {
      server.setRateLimit(settings.rateLimit);
    },
  });
  const port = await server.start();
  return { apiUrl: config.apiUrl ?? baseUrl("http", publicHost, port), relayStatus };
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
