import { ProtocolError } from "@fizz/protocol/errors";
import { probed, quickSigner, tunedNoise, tunedYamux } from "@fizz/protocol/node";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import { type Libp2p } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import { createLibp2p } from "libp2p";
import { type Hex, hexToBytes } from "viem";
import { listConnectionsQuickly } from "./connection-lists.ts";
import { type NodeLinks } from "./node-links.ts";
import { RelayFlow, type RelayFlowComponents } from "./relay-flow.ts";
import { relayServer } from "./relay-server.ts";
import { reservationGater } from "./reservation-gater.ts";

/** Connections besides those of nodes: clients, and nodes that come again. */
const MAX_OTHER_CONNECTIONS = 4_000;
/** New connections per second from one address; many nodes may share one behind NAT. */
const MAX_NEW_CONNECTIONS_PER_SECOND = 100;
/** Connections whose handshake is under way. */
const MAX_PENDING_CONNECTIONS = 512;
/** Relayed connections that one client opens, and that lead to one node, at once. */
const MAX_RELAYED_PER_CLIENT = 64;
const MAX_RELAYED_PER_NODE = 512;
const SOCKET_SILENCE_MS = 120_000;
const START_TIMEOUT_MS = 15_000;

export interface HostInit {
  readonly privateKey: Hex;
  readonly listen: readonly string[];
  /** Addresses told to others; empty for those it listens on. */
  readonly announce: readonly string[];
  /** Nodes connected at once; clients reach each of them through the gateway's relay. */
  readonly maxNodes: number;
  /** Bytes that one client's relayed connections carry, both ways together. */
  readonly relayBytesPerSecond: number;
}

/** The gateway's libp2p host, started. */
export async function startHost(links: NodeLinks, init: HostInit): Promise<Libp2p> {
  const host = await createLibp2p({
    privateKey: quickSigner(privateKeyFromRaw(hexToBytes(init.privateKey))),
    addresses: { listen: [...init.listen], announce: [...init.announce] },
    transports: [
      probed(tcp({ inboundSocketInactivityTimeout: SOCKET_SILENCE_MS, listenOpts: { noDelay: true } })),
      webSockets(),
    ],
    connectionEncrypters: [tunedNoise()],
    streamMuxers: [tunedYamux()],
    connectionGater: reservationGater(links),
    connectionManager: {
      maxConnections: init.maxNodes + MAX_OTHER_CONNECTIONS,
      inboundConnectionThreshold: MAX_NEW_CONNECTIONS_PER_SECOND,
      maxIncomingPendingConnections: MAX_PENDING_CONNECTIONS,
      reconnectRetries: 0,
    },
    // The tunnel link of each node has a heartbeat of its own; a stream for each ping is dear with many nodes.
    connectionMonitor: { enabled: false },
    services: {
      connectionLists: listConnectionsQuickly,
      identify: identify(),
      relay: relayServer({
        reservations: { applyDefaultLimit: false, maxReservations: init.maxNodes },
        maxInboundHopStreams: MAX_RELAYED_PER_CLIENT,
        maxOutboundStopStreams: MAX_RELAYED_PER_NODE,
      }),
      relayFlow: (components: RelayFlowComponents) => new RelayFlow(components, init.relayBytesPerSecond),
    },
    start: false,
  });
  await startWithin(host, init.listen);
  return host;
}

async function startWithin(host: Libp2p, listen: readonly string[]): Promise<void> {
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
  const expired = new Promise<never>((_, reject) => {
    timeout.addEventListener("abort", () => {
      reject(new ProtocolError("TIMEOUT", "The libp2p host does not start."));
    });
  });
  try {
    await Promise.race([host.start(), expired]);
  } catch (cause) {
    await Promise.resolve(host.stop()).catch(() => undefined);
    throw new ProtocolError("CONFIG_INVALID", `The gateway cannot listen on ${listen.join(", ")}.`, {
      cause,
    });
  }
}
