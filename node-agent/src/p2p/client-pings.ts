import { ProtocolError } from "@fizz/protocol/errors";
import { abortConnection, PING_ANSWER_MS } from "@fizz/protocol/streams";
import { type Connection, type Startable } from "@libp2p/interface";

/** libp2p's own. A peer that does not serve it says so, and is there. */
const PING = "/ipfs/ping/1.0.0";
const PING_EVERY_MS = 20_000;

export interface ClientPingsComponents {
  readonly connectionManager: { getConnections(): Connection[] };
}

export interface ClientPingsInit {
  readonly gatewayPeers: ReadonlySet<string>;
  readonly everyMs?: number;
  readonly timeoutMs?: number;
}

/**
 * Ends connections of clients that are gone without a word. libp2p's monitor does the same and pings the gateway too, with a
 * new stream for each: dear for one that has 10,000 nodes, and the tunnel link tells as much.
 */
export class ClientPings implements Startable {
  readonly #components: ClientPingsComponents;
  readonly #init: ClientPingsInit;
  #timer: NodeJS.Timeout | undefined;

  constructor(components: ClientPingsComponents, init: ClientPingsInit) {
    this.#components = components;
    this.#init = init;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      for (const connection of this.#components.connectionManager.getConnections())
        if (!this.#init.gatewayPeers.has(connection.remotePeer.toString())) void this.#ping(connection);
    }, this.#init.everyMs ?? PING_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #ping(connection: Connection): Promise<void> {
    const signal = AbortSignal.timeout(this.#init.timeoutMs ?? PING_ANSWER_MS);
    try {
      const stream = await connection.newStream(PING, { signal, runOnLimitedConnection: true });
      stream.abort(new ProtocolError("STREAM_CLOSED", "The ping is answered."));
    } catch (cause) {
      if (cause instanceof Error && cause.name === "UnsupportedProtocolError") return;
      abortConnection(connection, new ProtocolError("TIMEOUT", "The client is silent.", { cause }));
    }
  }
}
