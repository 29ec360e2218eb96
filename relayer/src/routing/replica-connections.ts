import { type TunnelDuplex } from "./tunnel-duplex.ts";

/** Connections kept for the next request to a replica. */
const MAX_IDLE = 128;
/** Silence after which one is ended: less than common servers wait (5 s), so that they do not end it first. */
const IDLE_MS = 4_000;

interface Idle {
  readonly connection: TunnelDuplex;
  readonly since: number;
}

/** The connections to one replica that carry a request after another. The one used last is used next. */
export class ReplicaConnections {
  readonly #open: (signal: AbortSignal) => Promise<TunnelDuplex>;
  readonly #all = new Set<TunnelDuplex>();
  readonly #idle: Idle[] = [];
  /** Those that carry no further request. */
  readonly #outdated = new WeakSet<TunnelDuplex>();
  #isClosed = false;

  constructor(open: (signal: AbortSignal) => Promise<TunnelDuplex>) {
    this.#open = open;
  }

  /** One that waits, if there is any. */
  takeIdle(): TunnelDuplex | undefined {
    for (;;) {
      const entry = this.#idle.pop();
      if (entry === undefined) return undefined;
      if (entry.connection.wake()) return entry.connection;
    }
  }

  /** A new one. @throws ProtocolError what opening the tunnel failed with. */
  async openNew(signal: AbortSignal): Promise<TunnelDuplex> {
    const connection = await this.#open(signal);
    this.#all.add(connection);
    // Whoever uses it has listeners of its own; between two requests there is nobody to tell.
    connection.on("error", () => undefined);
    connection.once("close", () => {
      this.#all.delete(connection);
    });
    // node:http emits it when a response is read to its end and the connection may go on.
    connection.on("free", () => {
      this.#keep(connection);
    });
    return connection;
  }

  /** Ends those that waited for long, or whose end came. */
  sweep(now: number): void {
    const kept = this.#idle.filter(({ connection, since }) => {
      if (connection.destroyed) return false;
      if (now - since < IDLE_MS) return true;
      connection.destroy();
      return false;
    });
    this.#idle.splice(0, this.#idle.length, ...kept);
  }

  /** The container may be another one by now: the next request takes a new connection, those under way go on. */
  renew(): void {
    for (const connection of this.#all) this.#outdated.add(connection);
    for (const { connection } of this.#idle.splice(0)) connection.destroy();
  }

  /** Ends those that wait; requests under way go on, and their connections end with them. */
  close(): void {
    this.#isClosed = true;
    for (const { connection } of this.#idle.splice(0)) connection.destroy();
  }

  /** Ends all of them at once. */
  abort(): void {
    this.close();
    for (const connection of this.#all) connection.destroy();
  }

  #keep(connection: TunnelDuplex): void {
    const isWanted = !this.#isClosed && !this.#outdated.has(connection) && this.#idle.length < MAX_IDLE;
    if (isWanted && connection.rest()) this.#idle.push({ connection, since: performance.now() });
    else connection.destroy();
  }
}
