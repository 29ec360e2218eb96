import { type ConnectionOwner, type ReplicaConnection } from "./replica-connection.ts";
import { type TunnelDuplex } from "./tunnel-duplex.ts";

/** Connections kept for the next request to a replica. */
const MAX_IDLE = 128;
/** Silence after which one is ended: less than common servers wait (5 s), so that they do not end it first. */
const IDLE_MS = 4_000;

/** Opens a connection that tells its owner what becomes of it. */
export type OpenConnection = (owner: ConnectionOwner, signal: AbortSignal) => Promise<ReplicaConnection>;

/** The connections to one replica that carry a request after another. The one used last is used next. */
export class ReplicaConnections implements ConnectionOwner {
  readonly #open: OpenConnection;
  readonly #all = new Set<{ destroy(): unknown }>();
  readonly #idle: ReplicaConnection[] = [];
  /** Those that carry no further request. */
  readonly #outdated = new WeakSet<object>();
  #isClosed = false;

  constructor(open: OpenConnection) {
    this.#open = open;
  }

  /** One that waits, if there is any. */
  takeIdle(): ReplicaConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || connection.isIdle) return connection;
    }
  }

  /** A new one. @throws ProtocolError what opening the tunnel failed with. */
  async openNew(signal: AbortSignal): Promise<ReplicaConnection> {
    const connection = await this.#open(this, signal);
    if (!connection.isDestroyed) this.#all.add(connection);
    return connection;
  }

  /** Counts one in that carries something else, and is kept by nobody. */
  include(connection: TunnelDuplex): void {
    this.#all.add(connection);
    connection.once("close", () => {
      this.#all.delete(connection);
    });
  }

  freed(connection: ReplicaConnection): void {
    const isWanted = !this.#isClosed && !this.#outdated.has(connection) && this.#idle.length < MAX_IDLE;
    if (isWanted && connection.isIdle) this.#idle.push(connection);
    else connection.destroy();
  }

  closed(connection: ReplicaConnection): void {
    this.#all.delete(connection);
  }

  /** Ends those that waited for long, or whose end came. */
  sweep(now: number): void {
    const kept = this.#idle.filter((connection) => {
      if (connection.isDestroyed) return false;
      if (now - connection.idleSince < IDLE_MS) return true;
      connection.destroy();
      return false;
    });
    this.#idle.splice(0, this.#idle.length, ...kept);
  }

  /** The container may be another one by now: the next request takes a new connection, those under way go on. */
  renew(): void {
    for (const connection of this.#all) this.#outdated.add(connection);
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  /** Ends those that wait; requests under way go on, and their connections end with them. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  /** Ends all of them at once. */
  abort(): void {
    this.close();
    for (const connection of this.#all) connection.destroy();
  }
}
