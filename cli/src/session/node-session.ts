import { circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { type Identify, identify } from "@libp2p/identify";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import {
  type CopyTalk,
  type ExecClient,
  fetchStatus,
  handManifest,
  openCopy,
  openExec,
  openRaw,
  readEvents,
  readLogs,
  readStats,
  sendRevocation,
} from "@fizz/protocol/control";
import { type DirectComponents, DirectDialer, type DirectRule, peerOf } from "@fizz/protocol/direct";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  type ConnectTarget,
  CONTROL_TIMEOUT_MS,
  type ControlAuth,
  type CopyCommand,
  type DeploymentStatus,
  type EventsQuery,
  type ExecCommand,
  type LeaseEvent,
  type LogLine,
  type LogsQuery,
  type ManifestDelivery,
  protocols,
  type StatsQuery,
  type StatsSnapshot,
  type Revoked,
} from "@fizz/protocol/messages";
import { keepPauses, MONITOR_INIT, MUXER_INIT } from "@fizz/protocol/streams";
import {
  type FizzDomain,
  type SignedGrant,
  type SignedReceipt,
  type SignedRevocation,
} from "@fizz/protocol/typed-data";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { hexToBytes } from "viem";
import { backOff, pause } from "../pause.ts";
import { type Session } from "../state/lease-store.ts";
import { DirectPath, type PathChange } from "./direct-path.ts";

type Stream = Awaited<ReturnType<Libp2p["dialProtocol"]>>;
type Connection = Awaited<ReturnType<Libp2p["dial"]>>;
type ClientHost = Libp2p<{ identify: Identify; direct: DirectDialer }>;

/** Time to reach the gateway, and then the node through it, in milliseconds each. */
const DIAL_TIMEOUT_MS = 15_000;
const MAX_DIAL_TRIES = 3;
/** The node looks for a tar in the container first, in milliseconds. */
const COPY_START_TIMEOUT_MS = 2 * CONTROL_TIMEOUT_MS;
/** A direct connection that opens no stream in this time is taken for dead, in milliseconds. */
const DIRECT_STREAM_TIMEOUT_MS = 3_000;
/** Of one protocol on one connection; the node has its own limit. */
const MAX_STREAMS = 256;

export interface NodeSessionInit {
  /** Addresses of the gateway with its peer id, as the gateway's API gives them. */
  readonly gatewayAddresses: readonly string[];
  /** Asked for them anew before the gateway is dialled again: the node may be at another of its processes by then. */
  readonly findAddresses?: (signal: AbortSignal) => Promise<readonly string[]>;
  /** libp2p id of the node: checked against the chain by the caller, enforced by the Noise handshake. */
  readonly peerId: string;
  /** Without a grant it carries revocations and nothing else. */
  readonly session: Pick<Session, "privateKey"> & Partial<Pick<Session, "signed">>;
  /** Domain of the lease market, and where the node may be dialled directly; nowhere when it is not said. */
  readonly direct?: { readonly domain: FizzDomain; readonly rule: DirectRule };
}

/**
 * An end-to-end encrypted session with a node. The gateway relays it and reads nothing: this side's identity is the
 * session key that the tenant's grant names, the other side's is the node's operator key.
 */
export class NodeSession {
  readonly #init: NodeSessionInit;
  readonly #ended = new AbortController();
  #host: Promise<ClientHost> | undefined;
  #direct: DirectPath | undefined;
  #gatewayAddresses: readonly string[];
  #hasDialled = false;

  constructor(init: NodeSessionInit) {
    this.#init = init;
    this.#gatewayAddresses = init.gatewayAddresses;
  }

  get #signed(): SignedGrant {
    const { signed } = this.#init.session;
    if (signed === undefined) throw new ProtocolError("GRANT_INVALID", "This session has no grant.");
    return signed;
  }

  get #auth(): ControlAuth {
    return { signed: this.#signed };
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    const host = this.#host;
    this.#host = undefined;
    if (host !== undefined) await (await host).stop();
  }

  /** @throws ProtocolError GATEWAY_UNREACHABLE, NODE_UNREACHABLE, or what the node answered. */
  async status(signal: AbortSignal): Promise<DeploymentStatus> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    return await fetchStatus(await this.#open(protocols.status, bounded), this.#auth, bounded);
  }

  /** Hands a sealed manifest to the node, past the gateway's HTTP API. @throws ProtocolError as {@link status} */
  async deliver(delivery: ManifestDelivery, signal: AbortSignal): Promise<SignedReceipt> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    return await handManifest(await this.#open(protocols.manifest, bounded), delivery, bounded);
  }

  /** Delivers a revocation; the receipt is not checked yet. @throws ProtocolError as {@link status} */
  async revoke(signed: SignedRevocation, signal: AbortSignal): Promise<Revoked> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    return await sendRevocation(await this.#open(protocols.revoke, bounded), signed, bounded);
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

  /** Snapshots of what the containers use. @throws ProtocolError as {@link status} */
  async *stats(query: StatsQuery, signal: AbortSignal): AsyncGenerator<StatsSnapshot[], void, void> {
    const stream = await this.#open(protocols.stats, signal);
    yield* readStats(stream, { auth: this.#auth, query }, signal);
  }

  /** One connection to a port of a container, for raw bytes. @throws ProtocolError as {@link status} */
  async connect(target: ConnectTarget, signal: AbortSignal): Promise<Stream> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    const stream = (await this.#openDirectly(signal)) ?? (await this.#open(protocols.connect, bounded));
    return await openRaw(stream, { signed: this.#signed, target }, bounded);
  }

  /** Runs a program in a container. @throws ProtocolError as {@link status} */
  async exec(command: ExecCommand, signal: AbortSignal): Promise<ExecClient> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    const stream = await this.#open(protocols.exec, bounded);
    return await openExec(stream, { signed: this.#signed, exec: command }, bounded);
  }

  /** Brings files into a container, or takes them out of it. @throws ProtocolError as {@link status} */
  async copy(copy: CopyCommand, signal: AbortSignal): Promise<CopyTalk> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(COPY_START_TIMEOUT_MS)]);
    const stream = await this.#open(protocols.copy, bounded);
    return await openCopy(stream, { signed: this.#signed, copy }, bounded);
  }

  /**
   * Tries for a direct connection with the node, now and whenever it is lost, until the session stops. New private
   * connections go over it while it stands; those that are open stay where they are.
   *
   * @param onChange Told whenever new connections take another path.
   */
  async goDirect(onChange: (change: PathChange) => void): Promise<void> {
    const path = await this.#makePath(onChange);
    await path?.keep(this.#ended.signal);
  }

  /** Tries once for a direct connection, for at most so many milliseconds. */
  async tryDirect(timeoutMs: number): Promise<void> {
    const path = await this.#makePath(() => undefined);
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(timeoutMs)]);
    await path?.open(signal).catch(() => undefined);
  }

  async #makePath(onChange: (change: PathChange) => void): Promise<DirectPath | undefined> {
    const { direct, peerId } = this.#init;
    if (direct === undefined || direct.rule === "off") return undefined;
    const host = await this.#startHost();
    this.#direct = new DirectPath({
      host,
      dialer: host.services.direct,
      ...direct,
      signed: this.#signed,
      node: peerId,
      relayed: (signal) => this.#dialRelayed(host, signal),
      gateway: () => this.#gatewayAddressOf(host),
      onChange,
    });
    return this.#direct;
  }

  /** A stream over the direct connection, or undefined: one that does not answer soon is given up. */
  async #openDirectly(signal: AbortSignal): Promise<Stream | undefined> {
    const connection = this.#direct?.connection;
    if (connection === undefined) return undefined;
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(DIRECT_STREAM_TIMEOUT_MS)]);
      return await connection.newStream(protocols.connect, {
        signal: bounded,
        maxOutboundStreams: MAX_STREAMS,
      });
    } catch (cause) {
      signal.throwIfAborted();
      connection.abort(new ProtocolError("STREAM_CLOSED", "The direct connection is dead.", { cause }));
      return undefined;
    }
  }

  async #open(protocol: string, signal: AbortSignal): Promise<Stream> {
    const host = await this.#startHost();
    try {
      const connection = await this.#dialRelayed(host, signal);
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]);
      return await connection.newStream(protocol, {
        signal: bounded,
        maxOutboundStreams: MAX_STREAMS,
        runOnLimitedConnection: true,
      });
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof ProtocolError) throw cause;
      throw new ProtocolError("NODE_UNREACHABLE", "The node does not answer through its gateway.", { cause });
    }
  }

  async #startHost(): Promise<ClientHost> {
    return await (this.#host ??= createHost(this.#init.session));
  }

  /** The connection through the gateway, opened when there is none. */
  async #dialRelayed(host: ClientHost, signal: AbortSignal): Promise<Connection> {
    const { peerId } = this.#init;
    const present = host
      .getConnections()
      .find(
        ({ remotePeer, direct, status }) => remotePeer.toString() === peerId && !direct && status === "open",
      );
    if (present !== undefined) return present;
    await this.#lookForAddresses(host, signal);
    await this.#reachGateway(host, signal);
    const relayed = this.#gatewayAddresses.map((address) =>
      multiaddr(`${address}/p2p-circuit/p2p/${peerId}`),
    );
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]);
    return await host.dial(relayed, { signal: bounded });
  }

  /** A connection to the process that had the node leads nowhere now, and would be taken for one to the right process. */
  async #lookForAddresses(host: ClientHost, signal: AbortSignal): Promise<void> {
    const { findAddresses } = this.#init;
    const isFirst = !this.#hasDialled;
    this.#hasDialled = true;
    if (findAddresses === undefined || isFirst) return;
    // Who does not answer now did before: the relay may still be there.
    const found = await findAddresses(signal).catch(() => this.#gatewayAddresses);
    signal.throwIfAborted();
    if (found.join() === this.#gatewayAddresses.join()) return;
    const gateways = new Set(this.#gatewayAddresses.map(peerOf));
    this.#gatewayAddresses = found;
    const old = host.getConnections().filter(({ remotePeer }) => gateways.has(remotePeer.toString()));
    await Promise.allSettled(old.map((connection) => connection.close({ signal })));
  }

  #gatewayAddressOf(host: ClientHost): string {
    const known = new Set(this.#gatewayAddresses.map(peerOf));
    const link = host.getConnections().find(({ remotePeer }) => known.has(remotePeer.toString()));
    return link?.remoteAddr.toString() ?? this.#gatewayAddresses[0] ?? "";
  }

  /** A gateway that limits new connections of one address closes some at first: it is asked again. */
  async #reachGateway(host: ClientHost, signal: AbortSignal): Promise<void> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]);
    const addresses = this.#gatewayAddresses.map((address) => multiaddr(address));
    for (let tries = 1; ; tries += 1) {
      try {
        await host.dial(addresses, { signal: bounded });
        return;
      } catch (cause) {
        signal.throwIfAborted();
        if (tries >= MAX_DIAL_TRIES || bounded.aborted) {
          const places = this.#gatewayAddresses.join(", ");
          throw new ProtocolError("GATEWAY_UNREACHABLE", `The gateway does not answer at ${places}.`, {
            cause,
          });
        }
      }
      await pause(backOff(tries), signal);
    }
  }
}

async function createHost(session: Pick<Session, "privateKey">): Promise<ClientHost> {
  return await createLibp2p({
    privateKey: privateKeyFromRaw(hexToBytes(session.privateKey)),
    addresses: { listen: [] },
    // It listens only where a node is to connect directly: for one connection.
    transports: [
      tcp({ closeServerOnMaxConnections: { closeAbove: 1, listenBelow: 0 } }),
      circuitRelayTransport(),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [keepPauses(yamux(MUXER_INIT))],
    connectionMonitor: MONITOR_INIT,
    services: {
      identify: identify(),
      direct: (components: DirectComponents) => new DirectDialer(components, multiaddr),
    },
    // A local network has loopback addresses, which the default gater may refuse.
    connectionGater: { denyDialMultiaddr: () => false },
  });
}
