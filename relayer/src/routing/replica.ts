import { ProtocolError } from "@fizz/protocol/errors";
import { type TunnelOpen } from "@fizz/protocol/messages";
import { type ByteStream } from "@fizz/protocol/streams";
import { type Tunnels } from "../ports.ts";
import { afterFailure, afterProbe, HEALTHY } from "./domain/replica-health.ts";
import { type ReplicaView } from "./domain/choose-replica.ts";
import { ReplicaConnection } from "./replica-connection.ts";
import { ReplicaConnections } from "./replica-connections.ts";
import { type Pace, TunnelDuplex } from "./tunnel-duplex.ts";

/** Time for the node to reach its container. */
const OPEN_TIMEOUT_MS = 10_000;
/** Time for a container that is out to accept a connection. */
const PROBE_TIMEOUT_MS = 5_000;

/** How the containers of one lease are reached. */
export interface ReplicaWay {
  readonly tunnels: Tunnels;
  readonly nodeId: bigint;
  readonly pace: Pace;
}

/** One container behind a name. */
export class Replica implements ReplicaView {
  readonly target: TunnelOpen;
  readonly connections: ReplicaConnections;
  inFlight = 0;
  readonly #way: ReplicaWay;
  #health = HEALTHY;
  #isProbed = false;

  constructor(way: ReplicaWay, target: TunnelOpen) {
    this.target = target;
    this.#way = way;
    this.connections = new ReplicaConnections(
      async (owner, signal) => new ReplicaConnection(await this.#open(signal), way.pace, owner),
    );
  }

  get outUntil(): number {
    return this.#health.outUntil;
  }

  async connect(gone: AbortSignal): Promise<ReplicaConnection> {
    return await this.connections.openNew(within(gone));
  }

  /** A connection for something else than requests. */
  async connectRaw(gone: AbortSignal): Promise<TunnelDuplex> {
    const connection = new TunnelDuplex(await this.#open(within(gone)), this.#way.pace);
    // Whoever uses it has listeners of its own.
    connection.on("error", () => undefined);
    this.connections.include(connection);
    return connection;
  }

  succeeded(): void {
    this.#health = HEALTHY;
  }

  failed(): void {
    this.#health = afterFailure(this.#health, performance.now());
  }

  /** Looks whether a container that is out accepts connections again, once its time is over. */
  async probe(now: number): Promise<void> {
    const { outUntil } = this.#health;
    if (outUntil === 0 || outUntil > now || this.#isProbed) return;
    this.#isProbed = true;
    try {
      const stream = await this.#open(AbortSignal.timeout(PROBE_TIMEOUT_MS));
      stream.abort(new ProtocolError("STREAM_CLOSED", "The container accepts connections again."));
      this.#health = afterProbe(this.#health);
    } catch {
      this.failed();
    } finally {
      this.#isProbed = false;
    }
  }

  async #open(signal: AbortSignal): Promise<ByteStream> {
    const { tunnels, nodeId } = this.#way;
    return await tunnels.open(nodeId, this.target, signal);
  }
}

function within(gone: AbortSignal): AbortSignal {
  return AbortSignal.any([gone, AbortSignal.timeout(OPEN_TIMEOUT_MS)]);
}
