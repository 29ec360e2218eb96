import { openRaw } from "@fizz/protocol/control";
import { ProtocolError } from "@fizz/protocol/errors";
import { protocols, type TunnelOpen } from "@fizz/protocol/messages";
import { type ByteStream, DatagramStream, type Mux } from "@fizz/protocol/streams";
import { type Tunnels } from "../ports.ts";
import { type NodeLinks } from "./node-links.ts";
import { type TunnelLinks } from "./tunnel-links.ts";

/** Opens ways to containers: channels of the node's tunnel link for bytes, a stream for each sender of datagrams. */
export class TunnelClient implements Tunnels {
  readonly #links: NodeLinks;
  readonly #tunnels: TunnelLinks;
  #forward: ((nodeId: bigint) => Promise<Mux>) | undefined;

  constructor(links: NodeLinks, tunnels: TunnelLinks) {
    this.#links = links;
    this.#tunnels = tunnels;
  }

  /** Reaches nodes that are connected to another process of this gateway. */
  forwardWith(linkTo: (nodeId: bigint) => Promise<Mux>): void {
    this.#forward = linkTo;
  }

  begin(
    nodeId: bigint,
    target: TunnelOpen,
    onAnswer: (error?: ProtocolError) => void,
  ): ByteStream | Promise<ByteStream> {
    const link = this.#linkTo(nodeId);
    return link instanceof Promise
      ? link.then((mux) => mux.open(target, onAnswer))
      : link.open(target, onAnswer);
  }

  #linkTo(nodeId: bigint): Mux | Promise<Mux> {
    const forward = this.#links.find(nodeId) === undefined ? this.#forward : undefined;
    return forward === undefined ? this.#tunnels.linkTo(nodeId) : forward(nodeId);
  }

  async open(nodeId: bigint, target: TunnelOpen, signal: AbortSignal): Promise<ByteStream> {
    const answered = Promise.withResolvers<undefined>();
    const stream = await this.begin(nodeId, target, (error) => {
      if (error === undefined) answered.resolve(undefined);
      else answered.reject(error);
    });
    const timeout = new ProtocolError("TIMEOUT", `Node ${nodeId} does not reach the container in time.`);
    const onAbort = (): void => {
      answered.reject(timeout);
      stream.abort(timeout);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    try {
      await answered.promise;
      return stream;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async openDatagrams(
    nodeId: bigint,
    target: TunnelOpen,
    { receive, signal }: { readonly receive: (payload: Uint8Array) => void; readonly signal: AbortSignal },
  ): Promise<DatagramStream> {
    const stream = await this.#links.openStream(nodeId, protocols.datagrams, signal);
    return new DatagramStream(await openRaw(stream, target, signal), receive);
  }
}
