import { errorFromWire, ProtocolError } from "@fizz/protocol/errors";
import { protocols, type TunnelOpen, tunnelReadySchema } from "@fizz/protocol/messages";
import { type ByteStream, DatagramStream, FramedStream } from "@fizz/protocol/streams";
import { type Stream } from "@libp2p/interface";
import { type Tunnels } from "../ports.ts";
import { type NodeLinks } from "./node-links.ts";
import { type TunnelLinks } from "./tunnel-links.ts";

/** Opens ways to containers: channels of the node's tunnel link for bytes, a stream for each sender of datagrams. */
export class TunnelClient implements Tunnels {
  readonly #links: NodeLinks;
  readonly #tunnels: TunnelLinks;

  constructor(links: NodeLinks, tunnels: TunnelLinks) {
    this.#links = links;
    this.#tunnels = tunnels;
  }

  async begin(
    nodeId: bigint,
    target: TunnelOpen,
    onAnswer: (error?: ProtocolError) => void,
  ): Promise<ByteStream> {
    return (await this.#tunnels.linkTo(nodeId)).open(target, onAnswer);
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
    return new DatagramStream(await this.#openStream(nodeId, target, signal), receive);
  }

  async #openStream(nodeId: bigint, target: TunnelOpen, signal: AbortSignal): Promise<Stream> {
    const framed = new FramedStream(await this.#links.openStream(nodeId, protocols.datagrams, signal));
    try {
      await framed.write(target, signal);
      const answer = await framed.require(tunnelReadySchema, signal);
      if (answer.type === "error") throw errorFromWire(answer.error);
      return framed.release();
    } catch (error) {
      framed.abort(error instanceof Error ? error : new TypeError("unknown"));
      throw error;
    }
  }
}
