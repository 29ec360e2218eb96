import { errorFromWire, ProtocolError } from "@fizz/protocol/errors";
import { FramedStream, type Mux, muxOver, TICK_MS } from "@fizz/protocol/streams";
import { type Libp2p, type Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { type Hex } from "viem";
import { type ProcessEntry } from "../process-ports.ts";
import { forwardPeerId } from "./forward-key.ts";
import { FORWARD_STREAM, FORWARD_TUNNEL, forwardAnswerSchema } from "./forward-protocol.ts";
import { type OpenStream } from "./node-links.ts";

/** Streams to one other process. */
const MAX_STREAMS = 4_096;
/** Time to reach another process, which is near. */
const REACH_TIMEOUT_MS = 3_000;

export interface ForwardClientComponents {
  readonly host: Libp2p;
  /** The other process that a node is connected to. */
  readonly processOf: (nodeId: bigint) => ProcessEntry | undefined;
}

interface Forwarded {
  readonly processId: string;
  readonly opening: Promise<Mux>;
}

/** Reaches nodes through the processes of this gateway that they are connected to. */
export class ForwardClient {
  readonly #components: ForwardClientComponents;
  readonly #operatorKey: Hex;
  readonly #tunnels = new Map<bigint, Forwarded>();
  readonly #muxes = new Map<Mux, { readonly nodeId: bigint; readonly processId: string }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(components: ForwardClientComponents, init: { readonly operatorKey: Hex }) {
    this.#components = components;
    this.#operatorKey = init.operatorKey;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.#tick();
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const mux of this.#muxes.keys()) mux.end(new ProtocolError("STREAM_CLOSED", "The gateway stops."));
  }

  /** @throws ProtocolError NODE_OFFLINE, NODE_UNREACHABLE, and what the other process says */
  readonly openStream: OpenStream = async (nodeId, protocol, signal) =>
    await this.#open(
      this.#require(nodeId),
      { protocol: FORWARD_STREAM, message: { nodeId, protocol } },
      signal,
    );

  /** The link for a new connection; one for each node. @throws ProtocolError as `openStream` */
  readonly linkTo = async (nodeId: bigint): Promise<Mux> => {
    const process = this.#require(nodeId);
    const known = this.#tunnels.get(nodeId);
    if (known?.processId === process.id) return await known.opening;
    const forwarded = { processId: process.id, opening: this.#openTunnel(nodeId, process) };
    this.#tunnels.set(nodeId, forwarded);
    try {
      return await forwarded.opening;
    } catch (error) {
      if (this.#tunnels.get(nodeId) === forwarded) this.#tunnels.delete(nodeId);
      throw error;
    }
  };

  async #openTunnel(nodeId: bigint, process: ProcessEntry): Promise<Mux> {
    const signal = AbortSignal.timeout(REACH_TIMEOUT_MS);
    const stream = await this.#open(process, { protocol: FORWARD_TUNNEL, message: { nodeId } }, signal);
    const mux = muxOver(stream, {
      defer: setImmediate,
      onEnd: () => {
        this.#muxes.delete(mux);
        if (this.#tunnels.get(nodeId)?.processId === process.id) this.#tunnels.delete(nodeId);
      },
    });
    if (!mux.isEnded) this.#muxes.set(mux, { nodeId, processId: process.id });
    return mux;
  }

  #tick(): void {
    for (const [mux, { nodeId, processId }] of this.#muxes) {
      mux.tick();
      const isWanted = this.#components.processOf(nodeId)?.id === processId;
      if (!isWanted && mux.channelCount === 0)
        mux.end(new ProtocolError("STREAM_CLOSED", "The node is connected elsewhere."));
    }
  }

  async #open(
    process: ProcessEntry,
    { protocol, message }: { readonly protocol: string; readonly message: object },
    signal: AbortSignal,
  ): Promise<Stream> {
    const framed = new FramedStream(await this.#newStream(process, protocol, signal));
    try {
      await framed.write(message, signal);
      const answer = await framed.require(forwardAnswerSchema, signal);
      if (answer.type === "error") throw errorFromWire(answer.error);
      return framed.release();
    } catch (error) {
      framed.abort(error instanceof Error ? error : new TypeError("unknown"));
      throw error;
    }
  }

  async #newStream({ id, address }: ProcessEntry, protocol: string, signal: AbortSignal): Promise<Stream> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(REACH_TIMEOUT_MS)]);
    try {
      const peer = multiaddr(`${address}/p2p/${forwardPeerId(this.#operatorKey, id)}`);
      const connection = await this.#components.host.dial(peer, { signal: within });
      return await connection.newStream(protocol, { signal: within, maxOutboundStreams: MAX_STREAMS });
    } catch (cause) {
      const message = "The process of this gateway that the node is connected to cannot be reached.";
      throw new ProtocolError("NODE_UNREACHABLE", message, { cause });
    }
  }

  #require(nodeId: bigint): ProcessEntry {
    const process = this.#components.processOf(nodeId);
    if (process !== undefined) return process;
    throw new ProtocolError("NODE_OFFLINE", `Node ${nodeId} is not connected to the gateway now.`);
  }
}
