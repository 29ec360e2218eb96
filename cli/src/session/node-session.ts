import { circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { fetchStatus, openConnect, readEvents, readLogs } from "@fizz/protocol/control";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  type ConnectTarget,
  CONTROL_TIMEOUT_MS,
  type ControlAuth,
  type DeploymentStatus,
  type EventsQuery,
  type LeaseEvent,
  type LogLine,
  type LogsQuery,
  protocols,
} from "@fizz/protocol/messages";
import { MUXER_INIT } from "@fizz/protocol/streams";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { hexToBytes } from "viem";
import { backOff, pause } from "../pause.ts";
import { type Session } from "../state/lease-store.ts";

type Stream = Awaited<ReturnType<Libp2p["dialProtocol"]>>;

/** Time to reach the gateway, and then the node through it, in milliseconds each. */
const DIAL_TIMEOUT_MS = 15_000;
const MAX_DIAL_TRIES = 3;

export interface NodeSessionInit {
  /** Addresses of the gateway with its peer id, as the gateway's API gives them. */
  readonly gatewayAddresses: readonly string[];
  /** libp2p id of the node: checked against the chain by the caller, enforced by the Noise handshake. */
  readonly peerId: string;
  readonly session: Session;
}

/**
 * An end-to-end encrypted session with a node. The gateway relays it and reads nothing: this side's identity is the
 * session key that the tenant's grant names, the other side's is the node's operator key.
 */
export class NodeSession {
  readonly #init: NodeSessionInit;
  readonly #auth: ControlAuth;
  #host: Promise<Libp2p> | undefined;

  constructor(init: NodeSessionInit) {
    this.#init = init;
    this.#auth = { signed: init.session.signed };
  }

  async stop(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    if (host !== undefined) await (await host).stop();
  }

  /** @throws ProtocolError GATEWAY_UNREACHABLE, NODE_UNREACHABLE, or what the node answered. */
  async status(signal: AbortSignal): Promise<DeploymentStatus> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    return await fetchStatus(await this.#open(protocols.status, bounded), this.#auth, bounded);
  }

  /** Batches of log lines. @throws ProtocolError as {@link status} */
  async *logs(query: LogsQuery, signal: AbortSignal): AsyncGenerator<LogLine[], void, void> {
    const stream = await this.#open(protocols.logs, signal);
    yield* readLogs(stream, { auth: this.#auth, query }, signal);
  }

  /** Batches of events. @throws ProtocolError as {@link status} */
  async *events(query: EventsQuery, signal: AbortSignal): AsyncGenerator<LeaseEvent[], void, void> {
    const stream = await this.#open(protocols.events, signal);
    yield* readEvents(stream, { auth: this.#auth, query }, signal);
  }

  /** One connection to a port of a container, for raw bytes. @throws ProtocolError as {@link status} */
  async connect(target: ConnectTarget, signal: AbortSignal): Promise<Stream> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    const stream = await this.#open(protocols.connect, bounded);
    return await openConnect(stream, { signed: this.#init.session.signed, target }, bounded);
  }

  async #open(protocol: string, signal: AbortSignal): Promise<Stream> {
    const host = await (this.#host ??= createHost(this.#init.session));
    await this.#reachGateway(host, signal);
    const relayed = this.#init.gatewayAddresses.map((address) =>
      multiaddr(`${address}/p2p-circuit/p2p/${this.#init.peerId}`),
    );
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]);
    try {
      return await host.dialProtocol(relayed, protocol, { signal: bounded, runOnLimitedConnection: true });
    } catch (cause) {
      signal.throwIfAborted();
      throw new ProtocolError("NODE_UNREACHABLE", "The node does not answer through its gateway.", { cause });
    }
  }

  /** A gateway that limits new connections of one address closes some at first: it is asked again. */
  async #reachGateway(host: Libp2p, signal: AbortSignal): Promise<void> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]);
    const addresses = this.#init.gatewayAddresses.map((address) => multiaddr(address));
    for (let tries = 1; ; tries += 1) {
      try {
        await host.dial(addresses, { signal: bounded });
        return;
      } catch (cause) {
        signal.throwIfAborted();
        if (tries >= MAX_DIAL_TRIES || bounded.aborted) {
          const places = this.#init.gatewayAddresses.join(", ");
          throw new ProtocolError("GATEWAY_UNREACHABLE", `The gateway does not answer at ${places}.`, {
            cause,
          });
        }
      }
      await pause(backOff(tries), signal);
    }
  }
}

async function createHost(session: Session): Promise<Libp2p> {
  return await createLibp2p({
    privateKey: privateKeyFromRaw(hexToBytes(session.privateKey)),
    addresses: { listen: [] },
    transports: [tcp(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux(MUXER_INIT)],
    services: { identify: identify() },
    // A local network has loopback addresses, which the default gater may refuse.
    connectionGater: { denyDialMultiaddr: () => false },
  });
}
