import { type TunnelOpen } from "@fizz/protocol/messages";
import { type Tunnels } from "../ports.ts";
import { afterFailure, afterProbe, HEALTHY } from "./domain/replica-health.ts";
import { type ReplicaView } from "./domain/choose-replica.ts";
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
  readonly #open: (signal: AbortSignal) => Promise<TunnelDuplex>;
  #health = HEALTHY;
  #isProbed = false;

  constructor({ tunnels, nodeId, pace }: ReplicaWay, target: TunnelOpen) {
    this.target = target;
    this.#open = async (signal) => new TunnelDuplex(await tunnels.open(nodeId, target, signal), pace);
    this.connections = new ReplicaConnections(this.#open);
  }

  get outUntil(): number {
    return this.#health.outUntil;
  }

  async connect(gone: AbortSignal): Promise<TunnelDuplex> {
    return await this.connections.openNew(AbortSignal.any([gone, AbortSignal.timeout(OPEN_TIMEOUT_MS)]));
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
      const connection = await this.#open(AbortSignal.timeout(PROBE_TIMEOUT_MS));
      connection.on("error", () => undefined).destroy();
      this.#health = afterProbe(this.#health);
    } catch {
      this.failed();
    } finally {
      this.#isProbed = false;
    }
  }
}
