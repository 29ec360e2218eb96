import { type Connection, type Listener, type Transport, type Upgrader } from "@libp2p/interface";
import { ProtocolError } from "../errors/index.ts";

type Multiaddr = Parameters<Transport["dial"]>[0];
type MultiaddrConnection = Parameters<Upgrader["upgradeInbound"]>[0];

/** What libp2p gives to a service, as far as it is needed here. */
export interface DirectComponents {
  readonly upgrader: Upgrader;
  readonly transportManager: { dialTransportForMultiaddr(address: Multiaddr): Transport | undefined };
}

/**
 * Dials and accepts with libp2p's own TCP transport, but from and at a chosen local port, and with the libp2p role
 * apart from who dials: when both sides dial each other, one TCP connection comes of it, and one of them has to be the
 * listener of the handshakes. The other side's key is proven by Noise to be the one at the end of the address.
 */
export class DirectDialer {
  readonly #components: DirectComponents;
  readonly #parse: (address: string) => Multiaddr;

  /** @param parse `multiaddr` of @multiformats/multiaddr. */
  constructor(components: DirectComponents, parse: (address: string) => Multiaddr) {
    this.#components = components;
    this.#parse = parse;
  }

  /** Dials, and is the dialler of the handshakes. @throws The error of the system or of libp2p. */
  async dial(address: string, localPort: number, signal: AbortSignal): Promise<Connection> {
    return await this.#connect(address, { localPort, signal, upgrader: this.#components.upgrader });
  }

  /** Dials, and is the listener of the handshakes. @throws The error of the system or of libp2p. */
  async dialToAccept(address: string, localPort: number, signal: AbortSignal): Promise<void> {
    const { upgrader } = this.#components;
    const accepting = replace(upgrader, {
      upgradeOutbound: async (maConn: MultiaddrConnection): Promise<undefined> => {
        // The muxer takes its role from here; two dialling ends would be "Both endpoints are clients".
        maConn.direction = "inbound";
        await upgrader.upgradeInbound(maConn, { signal: new AbortController().signal });
      },
    });
    await this.#connect(address, { localPort, signal, upgrader: accepting });
  }

  /**
   * Listens for the peer of an address, and for nobody else, until it has come or the signal aborts. The transport must
   * be set to stop listening after the first connection: closing the listener would close the connection as well.
   *
   * @throws ProtocolError TIMEOUT; or the error of the system.
   */
  async accept(address: string, localPort: number, signal: AbortSignal): Promise<void> {
    const peer = this.#parse(address);
    const { upgrader } = this.#components;
    const arrived = Promise.withResolvers<undefined>();
    const accepting = replace(upgrader, {
      upgradeInbound: async (maConn: MultiaddrConnection): Promise<void> => {
        if (hostOf(maConn.remoteAddr) !== hostOf(peer))
          throw new ProtocolError("PEER_REFUSED", "Somebody else came.");
        maConn.remoteAddr = peer;
        await upgrader.upgradeInbound(maConn, { signal: new AbortController().signal });
        arrived.resolve(undefined);
      },
    });
    const listener = this.#transportOf(peer).createListener({ upgrader: accepting });
    const any = address.startsWith("/ip6/") ? "/ip6/::" : "/ip4/0.0.0.0";
    await listener.listen(this.#parse(`${any}/tcp/${localPort}`));
    await unlessAborted(arrived.promise, listener, signal);
  }

  async #connect(
    address: string,
    { localPort, signal, upgrader }: { localPort: number; signal: AbortSignal; upgrader: Upgrader },
  ): Promise<Connection> {
    const to = this.#parse(address);
    // A socket keeps its signal for life: this one is never aborted once the socket is connected.
    const own = new AbortController();
    const abort = (): void => {
      own.abort(signal.reason);
    };
    signal.throwIfAborted();
    signal.addEventListener("abort", abort, { once: true });
    try {
      const options = { signal: own.signal, upgrader, localPort };
      return await this.#transportOf(to).dial(to, options);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #transportOf(address: Multiaddr): Transport {
    const transport = this.#components.transportManager.dialTransportForMultiaddr(address);
    if (transport !== undefined) return transport;
    throw new ProtocolError("INPUT_INVALID", `Nothing here can dial ${address.toString()}.`);
  }
}

async function unlessAborted(
  arrived: Promise<undefined>,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  const aborted = Promise.withResolvers<undefined>();
  const abort = (): void => {
    aborted.reject(new ProtocolError("TIMEOUT", "Nobody came.", { cause: signal.reason }));
  };
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    await Promise.race([arrived, aborted.promise]);
  } catch (error) {
    await listener.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** The same upgrader with some of its methods replaced. */
function replace(upgrader: Upgrader, methods: object): Upgrader {
  return Object.assign(Object.create(upgrader) as Upgrader, methods);
}

function hostOf(address: Multiaddr): string | undefined {
  return address.getComponents()[0]?.value;
}
