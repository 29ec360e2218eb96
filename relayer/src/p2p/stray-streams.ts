import { ProtocolError } from "@fizz/protocol/errors";
import { protocols } from "@fizz/protocol/messages";
import { abortConnection } from "@fizz/protocol/streams";
import { type Connection, type Libp2p, type Stream } from "@libp2p/interface";
import { type Logger, type Meter } from "../ports.ts";
import { STREAMS_TO_NODES } from "./forward-protocol.ts";

/** Streams that only the gateway or a client opens, and only towards a node. */
export const NEVER_INBOUND = [protocols.tunnel, protocols.link, ...STREAMS_TO_NODES] as const;
/** A peer that opens more of them loses its connection. */
const MAX_STRAY_STREAMS = 64;

export interface StrayStreamsComponents {
  readonly host: Libp2p;
  readonly meter: Pick<Meter, "strayStream">;
  readonly logger: Logger;
}

/** Refuses streams that nobody asked a peer for, and counts them. Without it libp2p refuses them in silence. */
export class StrayStreams {
  readonly #components: StrayStreamsComponents;
  readonly #counts = new WeakMap<Connection, number>();

  constructor(components: StrayStreamsComponents) {
    this.#components = components;
  }

  async start(): Promise<void> {
    const refuse = (stream: Stream, connection: Connection): void => {
      this.#refuse(stream, connection);
    };
    await this.#components.host.handle([...NEVER_INBOUND], refuse);
  }

  async stop(): Promise<void> {
    await this.#components.host.unhandle([...NEVER_INBOUND]);
  }

  #refuse(stream: Stream, connection: Connection): void {
    const error = new ProtocolError("INPUT_INVALID", `Nobody asked this peer for ${stream.protocol}.`);
    stream.abort(error);
    this.#components.meter.strayStream();
    const count = (this.#counts.get(connection) ?? 0) + 1;
    this.#counts.set(connection, count);
    if (count <= MAX_STRAY_STREAMS) return;
    const fields = { event: "peer.stray_streams", peerId: connection.remotePeer.toString(), count };
    this.#components.logger.warn(fields, "A peer opens streams that nobody asked for; it is cut off.");
    abortConnection(connection, error);
  }
}
