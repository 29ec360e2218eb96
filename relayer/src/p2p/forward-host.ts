import { ProtocolError } from "@fizz/protocol/errors";
import { tunedNoise, tunedYamux } from "@fizz/protocol/node";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { type Libp2p } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { type Hex, hexToBytes } from "viem";

/** Connections to other processes, both ways. */
const MAX_CONNECTIONS = 256;
const MAX_PENDING_CONNECTIONS = 16;

export interface ForwardHostInit {
  readonly privateKey: Hex;
  /** A multiaddr that the other processes reach. */
  readonly listen: string;
  /** Whether a peer is a process of this gateway. */
  readonly isMember: (peerId: string) => Promise<boolean>;
}

/** Where the processes of a gateway reach each other: a libp2p host of its own, with nobody else on it. Started. */
export async function startForwardHost({ privateKey, listen, isMember }: ForwardHostInit): Promise<Libp2p> {
  try {
    return await createLibp2p({
      privateKey: privateKeyFromRaw(hexToBytes(privateKey)),
      addresses: { listen: [listen] },
      transports: [tcp({ listenOpts: { keepAlive: true, noDelay: true } })],
      connectionEncrypters: [tunedNoise()],
      streamMuxers: [tunedYamux()],
      connectionGater: {
        denyDialMultiaddr: () => false,
        denyInboundEncryptedConnection: async (peer) => !(await isMember(peer.toString())),
      },
      connectionManager: {
        maxConnections: MAX_CONNECTIONS,
        maxIncomingPendingConnections: MAX_PENDING_CONNECTIONS,
        reconnectRetries: 0,
      },
      connectionMonitor: { enabled: false },
    });
  } catch (cause) {
    throw new ProtocolError("CONFIG_INVALID", `The gateway cannot listen on ${listen} for other processes.`, {
      cause,
    });
  }
}
