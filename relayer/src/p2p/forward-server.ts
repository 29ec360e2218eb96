import { errorToWire } from "@fizz/protocol/errors";
import { CONTROL_TIMEOUT_MS } from "@fizz/protocol/messages";
import {
  FramedStream,
  type Mux,
  muxOver,
  type OpenRequest,
  spliceStreams,
  TICK_MS,
} from "@fizz/protocol/streams";
import { type Libp2p, type Stream } from "@libp2p/interface";
import { type Logger } from "../ports.ts";
import {
  FORWARD_STREAM,
  FORWARD_TUNNEL,
  forwardStreamSchema,
  forwardTunnelSchema,
} from "./forward-protocol.ts";
import { type NodeLinks } from "./node-links.ts";
import { type TunnelLinks } from "./tunnel-links.ts";

/** Of one other process. */
const MAX_STREAMS = 4_096;
const MAX_TUNNELS = 4_096;

export interface ForwardServerComponents {
  readonly host: Libp2p;
  readonly links: Pick<NodeLinks, "openHere" | "require">;
  readonly tunnels: Pick<TunnelLinks, "linkTo">;
  readonly logger: Logger;
}

/** Other processes of this gateway reach the nodes of this one here. The host lets nobody else in. */
export class ForwardServer {
  readonly #components: ForwardServerComponents;
  readonly #muxes = new Set<Mux>();
  #timer: NodeJS.Timeout | undefined;

  constructor(components: ForwardServerComponents) {
    this.#components = components;
  }

  async start(): Promise<void> {
    const { host } = this.#components;
    this.#timer ??= setInterval(() => {
      for (const mux of this.#muxes) mux.tick();
    }, TICK_MS);
    const serveStream = (stream: Stream): void => void this.#serve(stream, this.#openStream);
    const serveTunnel = (stream: Stream): void => void this.#serve(stream, this.#openTunnel);
    await host.handle(FORWARD_STREAM, serveStream, { maxInboundStreams: MAX_STREAMS });
    await host.handle(FORWARD_TUNNEL, serveTunnel, { maxInboundStreams: MAX_TUNNELS });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const { host } = this.#components;
    await host.unhandle([FORWARD_STREAM, FORWARD_TUNNEL]);
  }

  /** @param open Reaches the node. @returns What is done with the stream once the other process was told. */
  async #serve(
    stream: Stream,
    open: (framed: FramedStream, signal: AbortSignal) => Promise<(stream: Stream) => void>,
  ): Promise<void> {
    const framed = new FramedStream(stream);
    const signal = AbortSignal.timeout(CONTROL_TIMEOUT_MS);
    try {
      const join = await open(framed, signal);
      await framed.write({ type: "ready" }, signal);
      join(framed.release());
    } catch (error) {
      this.#components.logger.debug(
        { event: "forward.refused", error },
        "A node was not reached for another.",
      );
      const timeout = AbortSignal.timeout(CONTROL_TIMEOUT_MS);
      await framed.write({ type: "error", error: errorToWire(error) }, timeout).catch(() => undefined);
      await framed.close();
    }
  }

  readonly #openStream = async (
    framed: FramedStream,
    signal: AbortSignal,
  ): Promise<(stream: Stream) => void> => {
    const { nodeId, protocol } = await framed.require(forwardStreamSchema, signal);
    const onward = await this.#components.links.openHere(nodeId, protocol, signal);
    return (stream) => {
      spliceStreams(stream, onward);
    };
  };

  readonly #openTunnel = async (
    framed: FramedStream,
    signal: AbortSignal,
  ): Promise<(stream: Stream) => void> => {
    const { nodeId } = await framed.require(forwardTunnelSchema, signal);
    this.#components.links.require(nodeId);
    return (stream) => {
      const mux = muxOver(stream, {
        defer: setImmediate,
        onOpen: (request) => void this.#carry(nodeId, request),
        onEnd: () => this.#muxes.delete(mux),
      });
      if (!mux.isEnded) this.#muxes.add(mux);
    };
  };

  async #carry(nodeId: bigint, { target, stream, accept, refuse }: OpenRequest): Promise<void> {
    try {
      const link = await this.#components.tunnels.linkTo(nodeId);
      const onward = link.open(target, (error) => {
        if (error === undefined) accept();
        else refuse(error);
      });
      spliceStreams(stream, onward);
    } catch (error) {
      refuse(error);
    }
  }
}
