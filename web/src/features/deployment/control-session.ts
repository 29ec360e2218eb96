import { type Identify, identify } from "@libp2p/identify";
import { noise } from "@libp2p/noise";
import { circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import {
  type ExecClient,
  fetchStatus,
  handManifest,
  openExec,
  readEvents,
  readLogs,
  sendRevocation,
} from "@fizz/protocol/control";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  CONTROL_TIMEOUT_MS,
  type ControlAuth,
  type DeploymentStatus,
  type EventsQuery,
  type ExecCommand,
  type LeaseEvent,
  type LogLine,
  type LogsQuery,
  type ManifestDelivery,
  protocols,
  type Revoked,
} from "@fizz/protocol/messages";
import type { SignedGrant, SignedReceipt, SignedRevocation } from "@fizz/protocol/typed-data";
import { keepPauses, MONITOR_INIT, MUXER_INIT } from "@fizz/protocol/streams";
import { createLibp2p, type Libp2p } from "libp2p";
import { type Hex, hexToBytes } from "viem";

const DIAL_TIMEOUT_MS = 15_000;

type Host = Libp2p<{ readonly identify: Identify }>;
type NodeConnection = Awaited<ReturnType<Host["dial"]>>;
type NodeStream = Awaited<ReturnType<NodeConnection["newStream"]>>;

/** A key, and what the wallet allows it: nothing, where it only carries what needs no name. */
export interface SessionKey {
  readonly privateKey: Hex;
  readonly signed?: SignedGrant;
}

/**
 * Talks to the node of a lease, end to end encrypted: this page's libp2p identity is the session key that the wallet
 * granted, the gateway only carries bytes (circuit relay). Connects when it is first needed and again after a loss.
 */
export class ControlSession {
  readonly #session: SessionKey;
  readonly #findAddress: () => Promise<string>;
  #host: Promise<Host> | undefined;
  #connection: Promise<NodeConnection> | undefined;
  #isClosed = false;

  /** @param findAddress Multiaddr of the node through its gateway, its identity checked against the chain. */
  constructor(session: SessionKey, findAddress: () => Promise<string>) {
    this.#session = session;
    this.#findAddress = findAddress;
  }

  async status(signal: AbortSignal): Promise<DeploymentStatus> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    return await fetchStatus(await this.#open(protocols.status, limit), this.#auth, limit);
  }

  async logs(query: LogsQuery, signal: AbortSignal): Promise<AsyncGenerator<LogLine[]>> {
    return readLogs(await this.#open(protocols.logs, signal), { auth: this.#auth, query }, signal);
  }

  async events(query: EventsQuery, signal: AbortSignal): Promise<AsyncGenerator<LeaseEvent[]>> {
    return readEvents(await this.#open(protocols.events, signal), { auth: this.#auth, query }, signal);
  }

  /** Runs a program in a container; the grant must allow it. */
  async exec(command: ExecCommand, signal: AbortSignal): Promise<ExecClient> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    const request = { ...this.#auth, exec: command };
    return await openExec(await this.#open(protocols.exec, limit), request, limit);
  }

  /** Hands a sealed manifest to the node, past the gateway's HTTP API. The receipt is not checked yet. */
  async deliver(delivery: ManifestDelivery, signal: AbortSignal): Promise<SignedReceipt> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    return await handManifest(await this.#open(protocols.manifest, limit), delivery, limit);
  }

  /** Hands a revocation to the node. The receipt is not checked yet. */
  async revoke(signed: SignedRevocation, signal: AbortSignal): Promise<Revoked> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    return await sendRevocation(await this.#open(protocols.revoke, limit), signed, limit);
  }

  /** Ends the connection. Calling it twice is harmless. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const host = await this.#host?.catch(() => undefined);
    await host?.stop();
  }

  get #auth(): ControlAuth {
    const { signed } = this.#session;
    if (signed === undefined) throw new ProtocolError("GRANT_INVALID", "This session has no grant.");
    return { signed };
  }

  async #open(protocol: string, signal: AbortSignal): Promise<NodeStream> {
    const connection = await this.#connect();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    try {
      return await connection.newStream(protocol, { signal: limit, runOnLimitedConnection: true });
    } catch (cause) {
      if (connection.status !== "open") this.#connection = undefined;
      throw new ProtocolError("NODE_UNREACHABLE", "The node does not answer through the gateway.", { cause });
    }
  }

  async #connect(): Promise<NodeConnection> {
    const current = await this.#connection?.catch(() => undefined);
    if (current?.status === "open") return current;
    const attempt = this.#dial();
    this.#connection = attempt;
    return await attempt;
  }

  async #dial(): Promise<NodeConnection> {
    if (this.#isClosed) throw new ProtocolError("STREAM_CLOSED", "The session was closed.");
    this.#host ??= startHost(this.#session);
    const host = await this.#host;
    const address = await this.#findAddress();
    try {
      return await host.dial(multiaddr(address), { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) });
    } catch (cause) {
      const message = "The node cannot be reached through the gateway now. It may be restarting.";
      throw new ProtocolError("NODE_UNREACHABLE", message, { cause });
    }
  }
}

async function startHost(session: SessionKey): Promise<Host> {
  return await createLibp2p({
    privateKey: privateKeyFromRaw(hexToBytes(session.privateKey)),
    addresses: { listen: [] },
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [keepPauses(yamux(MUXER_INIT))],
    connectionMonitor: MONITOR_INIT,
    // The relay transport asks for it.
    services: { identify: identify() },
    // The default of browsers refuses private addresses and ws://, which a local gateway has.
    connectionGater: { denyDialMultiaddr: () => false },
  });
}
