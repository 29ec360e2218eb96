import { TrafficCollector } from "@fizz/protocol/node";
import { type Logger } from "./observability/logger.ts";
import {
  type ConnectServices,
  MAX_CONNECT_REQUESTS_PER_WINDOW,
  MAX_CONNECTS_PER_CLIENT,
  serveConnect,
} from "./p2p/connect-protocol.ts";
import { serveContainerStreams } from "./p2p/container-streams.ts";
import { type ControlServices, serveControl } from "./p2p/control-protocols.ts";
import { type CopyServices, MAX_COPIES_PER_CLIENT, serveCopy } from "./p2p/copy-protocol.ts";
import { serveDataLinks } from "./p2p/data-link.ts";
import { datagramProtocol } from "./p2p/datagram-protocol.ts";
import { DIRECT_LIMITS, type DirectServices, serveDirect } from "./p2p/direct-protocol.ts";
import {
  type ExecServices,
  MAX_EXEC_REQUESTS_PER_WINDOW,
  MAX_EXECS_PER_CLIENT,
  serveExec,
} from "./p2p/exec-protocol.ts";
import { type NodeHost } from "./p2p/host.ts";
import { type OrderServices, serveOrders } from "./p2p/order-protocols.ts";
import { PeerLimits } from "./p2p/peer-limits.ts";
import { serveRevoke } from "./p2p/revoke-protocol.ts";
import { serveTunnelLink } from "./p2p/tunnel-link.ts";
import { type Clock, type Revoking, type TunnelTargets } from "./ports.ts";

/** What peers may ask for. */
export type PeerServices = OrderServices &
  ControlServices &
  ConnectServices &
  DirectServices &
  CopyServices &
  ExecServices & { readonly revoking: Revoking; readonly targets: TunnelTargets };

/** Serves every protocol of the node on one host, until the signal. */
export type ServePeers = (host: NodeHost, gatewayPeer: string, signal: AbortSignal) => Promise<void>;

/** The counts outlive a session with the gateway: a client that comes again has no more than before. */
export function createPeerServer(
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  services: PeerServices,
  { collectMib }: { readonly collectMib: number },
): ServePeers {
  const limits = new PeerLimits(clock);
  const connectLimits = new PeerLimits(clock, {
    maxStreams: MAX_CONNECTS_PER_CLIENT,
    maxRequestsPerWindow: MAX_CONNECT_REQUESTS_PER_WINDOW,
  });
  const directLimits = new PeerLimits(clock, DIRECT_LIMITS);
  const execLimits = new PeerLimits(clock, {
    maxStreams: MAX_EXECS_PER_CLIENT,
    maxRequestsPerWindow: MAX_EXEC_REQUESTS_PER_WINDOW,
  });
  const copyLimits = new PeerLimits(clock, {
    maxStreams: MAX_COPIES_PER_CLIENT,
    maxRequestsPerWindow: MAX_EXEC_REQUESTS_PER_WINDOW,
  });
  const onTraffic = new TrafficCollector(collectMib).count;
  const { targets } = services;
  return async (host, gatewayPeer, signal) => {
    const context = { limits, log, gatewayPeer, signal };
    await serveOrders(host, services, context);
    await serveControl(host, services, context);
    await serveRevoke(host, services, context);
    await serveConnect(host, services, { ...context, limits: connectLimits });
    await serveExec(host, services, { ...context, limits: execLimits });
    await serveCopy(host, services, { ...context, limits: copyLimits });
    const { direct: dialer } = host.services;
    await serveDirect({ host, dialer }, services, { ...context, limits: directLimits });
    await serveTunnelLink(host, { targets, context, onTraffic });
    await serveDataLinks(host, { targets, context, onTraffic });
    await serveContainerStreams(host, datagramProtocol, { targets, context });
  };
}
