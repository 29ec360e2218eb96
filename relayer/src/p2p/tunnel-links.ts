import { ProtocolError } from "@fizz/protocol/errors";
import { protocols } from "@fizz/protocol/messages";
import { abortConnection, type Mux, muxOver, TICK_MS } from "@fizz/protocol/streams";
import { type Connection } from "@libp2p/interface";
import { type Logger, type Meter } from "../ports.ts";
import { type DataLinks } from "./data-links.ts";
import { linkEndOf } from "./link-end.ts";
import { LinkRounds, PART_MS } from "./link-rounds.ts";
import { type NodeLink, type NodeLinks } from "./node-links.ts";

/** Time for a node to answer when its link is opened, in milliseconds: as long as a link may be silent. */
const LINK_TIMEOUT_MS = 7_000;

export interface TunnelLinksComponents {
  readonly links: NodeLinks;
  readonly meter: Pick<Meter, "linkEnded">;
  readonly logger: Logger;
  /** Nodes with leases, whose silence is noticed sooner. */
  readonly leasedNodes: () => ReadonlySet<bigint>;
  /** Undefined where nodes are not offered any. */
  readonly dataLinks?: Pick<DataLinks, "take" | "tick" | "drop"> | undefined;
  /** Takes the number of bytes that went through a link. */
  readonly onTraffic?: (bytes: number) => void;
}

interface TunnelLink {
  readonly connection: Connection;
  /** Undefined while it is being opened. */
  mux: Mux | undefined;
  readonly opening: Promise<Mux>;
}

/**
 * One tunnel link to each node, from its hello to its end. The link and its connection end together: a node that is
 * silent or breaks the rules loses both, and comes again.
 */
export class TunnelLinks {
  readonly #components: TunnelLinksComponents;
  readonly #links = new LinkRounds<TunnelLink>();
  #timers: readonly NodeJS.Timeout[] = [];
  /** As of the last tick: a node is ticked as one thing or the other until the next. */
  #leased: ReadonlySet<bigint> = new Set();

  constructor(components: TunnelLinksComponents) {
    this.#components = components;
    components.links.onPut((link) => {
      this.#open(link).opening.catch((error: unknown) => {
        const { nodeId } = link;
        components.logger.warn({ event: "tunnel.failed", nodeId, error }, "A node opens no tunnel link.");
      });
    });
  }

  start(): void {
    if (this.#timers.length > 0) return;
    const { leasedNodes } = this.#components;
    const tick = (): void => {
      this.#leased = leasedNodes();
      for (const nodeId of this.#leased) this.#links.get(nodeId)?.mux?.tick();
      this.#components.dataLinks?.tick(this.#leased);
    };
    const tickIdle = (): void => {
      for (const [nodeId, { mux }] of this.#links.next()) if (!this.#leased.has(nodeId)) mux?.tick(true);
    };
    this.#leased = leasedNodes();
    this.#timers = [setInterval(tick, TICK_MS), setInterval(tickIdle, PART_MS)];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    for (const { mux } of this.#links.values())
      mux?.end(new ProtocolError("STREAM_CLOSED", "The gateway stops."));
  }

  /** Round trip to a node in milliseconds; undefined before the first. */
  rttMs(nodeId: bigint): number | undefined {
    return this.#links.get(nodeId)?.mux?.rttMs;
  }

  /** A node will have something to carry: what is quickest for it is made ready. */
  prepare(nodeId: bigint): void {
    const link = this.#components.links.find(nodeId);
    if (link !== undefined) this.#components.dataLinks?.take(link);
  }

  /**
   * The link for a new connection: the node's data link when there is one.
   *
   * @returns It, at once when it is there. @throws ProtocolError NODE_OFFLINE, NODE_UNREACHABLE, TIMEOUT
   */
  linkTo(nodeId: bigint): Mux | Promise<Mux> {
    const link = this.#components.links.require(nodeId);
    const fast = this.#components.dataLinks?.take(link);
    if (fast !== undefined) return fast;
    const known = this.#links.get(nodeId);
    const { mux, opening } = known?.connection === link.connection ? known : this.#open(link);
    return mux ?? opening;
  }

  #open({ nodeId, connection }: NodeLink): TunnelLink {
    const link: TunnelLink = { connection, mux: undefined, opening: this.#connect(nodeId, connection) };
    this.#links.set(nodeId, link);
    link.opening.then(
      (mux) => {
        link.mux = mux;
        if (mux.isEnded) this.#forget(nodeId, connection);
      },
      (error: unknown) => {
        this.#forget(nodeId, connection);
        const ended = new ProtocolError("STREAM_CLOSED", "The node has no tunnel link.", { cause: error });
        this.#components.dataLinks?.drop(connection, ended);
        if (error instanceof ProtocolError && error.code === "TIMEOUT")
          this.#report(nodeId, connection, error);
      },
    );
    return link;
  }

  async #connect(nodeId: bigint, connection: Connection): Promise<Mux> {
    const { onTraffic } = this.#components;
    const signal = AbortSignal.timeout(LINK_TIMEOUT_MS);
    const stream = await this.#components.links.openStream(nodeId, protocols.tunnel, signal);
    return muxOver(stream, {
      defer: setImmediate,
      ...(onTraffic === undefined ? {} : { onTraffic }),
      onEnd: (error) => {
        this.#forget(nodeId, connection);
        this.#report(nodeId, connection, error);
      },
    });
  }

  #report(nodeId: bigint, connection: Connection, error: ProtocolError): void {
    const reason = linkEndOf(error);
    const fields = { event: "tunnel.ended", nodeId, reason, error };
    this.#components.meter.linkEnded(reason);
    this.#components.dataLinks?.drop(connection, error);
    if (reason === "closed") this.#components.logger.debug(fields, "A tunnel link is gone.");
    else this.#components.logger.warn(fields, "A tunnel link was ended.");
    // It may be what ends the link right now; libp2p fails when it is aborted within its own abort.
    setImmediate(abortConnection, connection, error);
  }

  #forget(nodeId: bigint, connection: Connection): void {
    if (this.#links.get(nodeId)?.connection === connection) this.#links.delete(nodeId);
  }
}
