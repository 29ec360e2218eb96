import { type DirectComponents, DirectDialer } from "@fizz/protocol/direct";
import { probed, quickSigner, tunedNoise, tunedYamux } from "@fizz/protocol/node";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { type Identify, identify } from "@libp2p/identify";
import { FaultTolerance, type Libp2p } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { type Hex, hexToBytes } from "viem";
import { ClientPings, type ClientPingsComponents } from "./client-pings.ts";
import { RelayReservation } from "./relay-reservation.ts";

/** The gateway, and clients that reach the node through its relay. */
export const MAX_CONNECTIONS = 512;
/** Silence of `hello` is noticed sooner than this; it is the last resort, in milliseconds. */
const SOCKET_SILENCE_MS = 120_000;

export type NodeHost = Libp2p<{ identify: Identify; direct: DirectDialer; relay: RelayReservation }>;

/**
 * A libp2p host that is reached through a gateway's relay only. Not started.
 *
 * @param gateway Addresses of the gateway, each with its peer id.
 */
export async function createHost(privateKey: Hex, gateway: readonly string[]): Promise<NodeHost> {
  const gatewayPeers = new Set(gateway.map((address) => address.split("/p2p/").at(-1) ?? ""));
  const relay = new RelayReservation();
  return await createLibp2p({
    privateKey: quickSigner(privateKeyFromRaw(hexToBytes(privateKey))),
    addresses: { listen: gateway.map((address) => `${address}/p2p-circuit`) },
    // A gateway without a relay still forwards; only the direct way of clients is missing then.
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    transports: [
      probed(
        tcp({
          outboundSocketInactivityTimeout: SOCKET_SILENCE_MS,
          dialOpts: { noDelay: true },
          // It listens only for a tenant that connects directly: for one connection.
          listenOpts: { noDelay: true },
          closeServerOnMaxConnections: { closeAbove: 1, listenBelow: 0 },
        }),
      ),
      relay.transport,
    ],
    connectionEncrypters: [tunedNoise()],
    streamMuxers: [tunedYamux()],
    connectionManager: { maxConnections: MAX_CONNECTIONS, reconnectRetries: 0 },
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      clientPings: (components: ClientPingsComponents) => new ClientPings(components, { gatewayPeers }),
      direct: (components: DirectComponents) => new DirectDialer(components, multiaddr),
      relay: () => relay,
    },
    start: false,
  });
}
