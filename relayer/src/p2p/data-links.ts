import { type TLSSocket } from "node:tls";
import { ProtocolError } from "@fizz/protocol/errors";
import { LINK_TIMEOUT_MS, linkResponseSchema, protocols } from "@fizz/protocol/messages";
import { type Mux, muxOverSocket } from "@fizz/protocol/streams";
import { type Connection } from "@libp2p/interface";
import { dataLinkRetryMs, isUnused, WORN_BYTES } from "../domain/data-link-rules.ts";
import { type Logger, type Meter } from "../ports.ts";
import { ask } from "./ask.ts";
import { type DataLinkListener } from "./data-link-listener.ts";
import { linkEndOf } from "./link-end.ts";
import { type NodeLink, type NodeLinks } from "./node-links.ts";

export interface DataLinksComponents {
  readonly links: NodeLinks;
  readonly listener: Pick<DataLinkListener, "expect">;
  readonly meter: Pick<Meter, "linkEnded" | "dataLink">;
  readonly logger: Logger;
  /** Takes the number of bytes that went through a link. */
  readonly onTraffic?: (bytes: number) => void;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
  readonly wornBytes?: number;
}

/** One data link. */
interface Carrier {
  readonly mux: Mux;
  bytes: number;
  /** When it carried a connection last. */
  usedAt: number;
}

/** What one connection of a node has. */
interface Holding {
  readonly nodeId: bigint;
  readonly carriers: Set<Carrier>;
  /** Takes new connections. */
  current: Carrier | undefined;
  isOpening: boolean;
  failures: number;
  retryAt: number;
}

/**
 * A second link to nodes that have something to carry: a mux over TLS on a socket of its own, where the system's TLS
 * does what libp2p's layers do in JavaScript. It is asked for when doors are opened, or else with the next connection,
 * which does not wait for it; without it the tunnel link carries everything.
 */
export class DataLinks {
  readonly #components: DataLinksComponents;
  readonly #now: () => number;
  readonly #wornBytes: number;
  readonly #holdings = new Map<Connection, Holding>();

  constructor(components: DataLinksComponents) {
    this.#components = components;
    this.#now = components.now ?? (() => performance.now());
    this.#wornBytes = components.wornBytes ?? WORN_BYTES;
  }

  /** Data links now. */
  get count(): number {
    let count = 0;
    for (const { carriers } of this.#holdings.values()) count += carriers.size;
    return count;
  }

  /** The link for a new connection; undefined when there is none, which is when one is opened. */
  take(link: NodeLink): Mux | undefined {
    const holding = this.#holdings.get(link.connection) ?? this.#hold(link);
    const { current } = holding;
    if (current !== undefined && current.bytes < this.#wornBytes) {
      current.usedAt = this.#now();
      return current.mux;
    }
    holding.current = undefined;
    if (!holding.isOpening && this.#now() >= holding.retryAt) void this.#open(link, holding);
    return undefined;
  }

  /** The node's connection is gone, and with it what its data links carry. */
  drop(connection: Connection, error: ProtocolError): void {
    const holding = this.#holdings.get(connection);
    this.#holdings.delete(connection);
    for (const { mux } of holding?.carriers ?? []) mux.end(error);
  }

  /** To be called every TICK_MS. @param leased Nodes with leases: their data links stay, whether anybody comes or not. */
  tick(leased: ReadonlySet<bigint>): void {
    const now = this.#now();
    for (const { nodeId, carriers, current } of this.#holdings.values())
      for (const carrier of carriers) {
        carrier.mux.tick();
        const isKept = carrier === current && leased.has(nodeId);
        if (isKept || carrier.mux.channelCount > 0) carrier.usedAt = now;
        else if (carrier !== current || isUnused(now - carrier.usedAt)) carrier.mux.end(unused());
      }
  }

  #hold({ nodeId, connection }: NodeLink): Holding {
    const holding: Holding = {
      nodeId,
      carriers: new Set(),
      current: undefined,
      isOpening: false,
      failures: 0,
      retryAt: 0,
    };
    this.#holdings.set(connection, holding);
    return holding;
  }

  async #open(link: NodeLink, holding: Holding): Promise<void> {
    const { logger, meter } = this.#components;
    holding.isOpening = true;
    try {
      this.#carry(await this.#connect(link), link, holding);
      holding.failures = 0;
      meter.dataLink("opened");
    } catch (error) {
      holding.failures += 1;
      holding.retryAt = this.#now() + dataLinkRetryMs(holding.failures);
      meter.dataLink("failed");
      const fields = { event: "link.failed", nodeId: link.nodeId, failures: holding.failures, error };
      logger.debug(fields, "A node does not connect its data link; the tunnel link carries everything.");
    } finally {
      holding.isOpening = false;
    }
  }

  async #connect({ nodeId }: NodeLink): Promise<TLSSocket> {
    const { links, listener } = this.#components;
    const signal = AbortSignal.timeout(LINK_TIMEOUT_MS);
    const stream = await links.openStream(nodeId, protocols.link, signal);
    const expected = listener.expect();
    try {
      await ask(stream, { message: expected.request, answer: linkResponseSchema }, signal);
      return await expected.socket;
    } catch (error) {
      expected.cancel(new ProtocolError("NODE_UNREACHABLE", "The node gave its data link up."));
      throw error;
    }
  }

  #carry(socket: TLSSocket, { nodeId, connection }: NodeLink, holding: Holding): void {
    const { onTraffic, meter, logger } = this.#components;
    if (this.#holdings.get(connection) !== holding) {
      socket.destroy();
      throw new ProtocolError("NODE_OFFLINE", "The node went while its data link came.");
    }
    const mux = muxOverSocket(socket, {
      defer: setImmediate,
      onTraffic: (bytes) => {
        carrier.bytes += bytes;
        onTraffic?.(bytes);
      },
      onEnd: (error) => {
        holding.carriers.delete(carrier);
        if (holding.current === carrier) holding.current = undefined;
        const reason = linkEndOf(error);
        meter.linkEnded(reason);
        const fields = { event: "link.ended", nodeId, reason, error };
        logger[reason === "closed" ? "debug" : "warn"](fields, "A data link is gone.");
      },
    });
    const carrier: Carrier = { mux, bytes: 0, usedAt: this.#now() };
    holding.carriers.add(carrier);
    holding.current = carrier;
  }
}

function unused(): ProtocolError {
  return new ProtocolError("STREAM_CLOSED", "The data link carries nothing any more.");
}
