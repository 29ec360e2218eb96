import { type Connection, type Transport, type Upgrader } from "@libp2p/interface";
import { ProtocolError } from "../errors/index.ts";

type Multiaddr = Parameters<Transport["dial"]>[0];
type MultiaddrConnection = Parameters<Upgrader["upgradeInbound"]>[0];

/** What libp2p gives to a service, as far as it is needed here. */
export interface DirectComponents {
  readonly upgrader: Upgrader;
  readonly transportManager: { dialTransportForMultiaddr(address: Multiaddr): Transport | undefined };
}

/** Which end of the handshakes a side is, whoever dialled: both ends of one connection must differ. */
export type HandshakeRole = "dialler" | "listener";

export interface DirectWay {
  /** Address of the peer, with its id at the end. */
  readonly address: string;
  readonly localPort: number;
  readonly role: HandshakeRole;
  readonly signal: AbortSignal;
}

/** Time for the handshakes over a new socket, in milliseconds. */
const UPGRADE_TIMEOUT_MS = 3_000;

/**
 * Dials and accepts with libp2p's own TCP transport, but from and at a chosen local port, and with the role of the
 * handshakes apart from who dialled: when both sides dial each other, one TCP connection comes of it. Noise proves that
 * the key at the other end is the one in the address.
 */
export class DirectDialer {
  readonly #components: DirectComponents;
  readonly #parse: (address: string) => Multiaddr;

  /** @param parse `multiaddr` of @multiformats/multiaddr. */
  constructor(components: DirectComponents, parse: (address: string) => Multiaddr) {
    this.#components = components;
    this.#parse = parse;
  }

  /** Dials. @returns The connection, for the dialler's role. @throws The error of the system or of libp2p. */
  async dial({ address, localPort, role, signal }: DirectWay): Promise<Connection | undefined> {
    const to = this.#parse(address);
    // A socket keeps its signal for life: this one is never aborted once the socket is connected.
    const own = new AbortController();
    const abort = (): void => {
      own.abort(signal.reason);
    };
    signal.throwIfAborted();
    signal.addEventListener("abort", abort, { once: true });
    try {
      const upgrader = replace(this.#components.upgrader, {
        upgradeOutbound: async (maConn: MultiaddrConnection) => await this.#upgrade(maConn, role),
      });
      const options = { signal: own.signal, upgrader, localPort };
      return await this.#transportOf(to).dial(to, options);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /**
   * Listens for the peer of an address, and for nobody else, until it has come or the signal aborts. Who has come by then may
   * finish the handshakes: at the other end they may be through. The transport must be set to stop listening after the
   * first connection: closing the listener would close the connection as well.
   *
   * @returns As {@link dial}. @throws ProtocolError TIMEOUT; or the error of the system.
   */
  async accept({ address, localPort, role, signal }: DirectWay): Promise<Connection | undefined> {
    const peer = this.#parse(address);
    const arrived = Promise.withResolvers<Connection | undefined>();
    let upgrade: Promise<unknown> | undefined;
    const upgrader = replace(this.#components.upgrader, {
      upgradeInbound: async (maConn: MultiaddrConnection): Promise<void> => {
        if (hostOf(maConn.remoteAddr) !== hostOf(peer))
          throw new ProtocolError("PEER_REFUSED", "Somebody else came.");
        maConn.remoteAddr = peer;
        const upgraded = this.#upgrade(maConn, role);
        upgrade = upgraded;
        arrived.resolve(await upgraded);
      },
    });
    const listener = this.#transportOf(peer).createListener({ upgrader });
    const any = address.startsWith("/ip6/") ? "/ip6/::" : "/ip4/0.0.0.0";
    await listener.listen(this.#parse(`${any}/tcp/${localPort}`));
    try {
      return await unlessAborted(arrived.promise, () => upgrade, signal);
    } catch (error) {
      await listener.close();
      throw error;
    }
  }

  async #upgrade(maConn: MultiaddrConnection, role: HandshakeRole): Promise<Connection | undefined> {
    const { upgrader } = this.#components;
    const signal = AbortSignal.timeout(UPGRADE_TIMEOUT_MS);
    // The muxer takes its role from the direction; two dialling ends would be "Both endpoints are clients".
    maConn.direction = role === "dialler" ? "outbound" : "inbound";
    if (role === "dialler") return await upgrader.upgradeOutbound(maConn, { signal });
    await upgrader.upgradeInbound(maConn, { signal });
    return undefined;
  }

  #transportOf(address: Multiaddr): Transport {
    const transport = this.#components.transportManager.dialTransportForMultiaddr(address);
    if (transport !== undefined) return transport;
    throw new ProtocolError("INPUT_INVALID", `Nothing here can dial ${address.toString()}.`);
  }
}

/** @param upgrade Of who is on the way in, if anybody is: after the signal it is waited for. */
async function unlessAborted<Result>(
  arrived: Promise<Result>,
  upgrade: () => Promise<unknown> | undefined,
  signal: AbortSignal,
): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const giveUp = (): void => {
    aborted.reject(new ProtocolError("TIMEOUT", "Nobody came.", { cause: signal.reason }));
  };
  const abort = (): void => {
    const underWay = upgrade();
    if (underWay === undefined) giveUp();
    // When it succeeds, somebody has arrived.
    else underWay.catch(giveUp);
  };
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([arrived, aborted.promise]);
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
