import { errorFromWire } from "@fizz/protocol/errors";
import { protocols, type TunnelOpen, tunnelReadySchema } from "@fizz/protocol/messages";
import { DatagramStream, FramedStream } from "@fizz/protocol/streams";
import { type Stream } from "@libp2p/interface";
import { type Tunnels } from "../ports.ts";
import { type NodeLinks } from "./node-links.ts";

/** Opens tunnel streams to containers: a header frame each way, then the stream is given out for raw bytes. */
export class TunnelClient implements Tunnels {
  readonly #links: NodeLinks;

  constructor(links: NodeLinks) {
    this.#links = links;
  }

  async open(nodeId: bigint, target: TunnelOpen, signal: AbortSignal): Promise<Stream> {
    return await this.#open(nodeId, target, { protocol: protocols.tunnel, signal });
  }

  async openDatagrams(
    nodeId: bigint,
    target: TunnelOpen,
    { receive, signal }: { readonly receive: (payload: Uint8Array) => void; readonly signal: AbortSignal },
  ): Promise<DatagramStream> {
    const stream = await this.#open(nodeId, target, { protocol: protocols.datagrams, signal });
    return new DatagramStream(stream, receive);
  }

  async #open(
    nodeId: bigint,
    target: TunnelOpen,
    { protocol, signal }: { readonly protocol: string; readonly signal: AbortSignal },
  ): Promise<Stream> {
    const framed = new FramedStream(await this.#links.openStream(nodeId, protocol, signal));
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
