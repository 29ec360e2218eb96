import { errorToWire, ProtocolError } from "@fizz/protocol/errors";
import { CONTROL_TIMEOUT_MS, doorsRequestSchema, protocols } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type Connection, type Libp2p, type Stream } from "@libp2p/interface";
import { type DoorDesk, type Logger } from "../ports.ts";
import { type NodeLinks } from "./node-links.ts";
import { type TunnelLinks } from "./tunnel-links.ts";

/** Door requests of one node at once. */
const MAX_DOOR_STREAMS = 64;

export interface DoorsServerComponents {
  readonly host: Libp2p;
  readonly links: NodeLinks;
  readonly desk: DoorDesk;
  readonly tunnels: Pick<TunnelLinks, "prepare">;
  readonly logger: Logger;
}

/** Nodes ask here for the public ports of their leases. Only after `hello`. */
export class DoorsServer {
  readonly #components: DoorsServerComponents;

  constructor(components: DoorsServerComponents) {
    this.#components = components;
  }

  async start(): Promise<void> {
    const handler = (stream: Stream, connection: Connection): void => void this.#serve(stream, connection);
    await this.#components.host.handle(protocols.doors, handler, { maxInboundStreams: MAX_DOOR_STREAMS });
  }

  async stop(): Promise<void> {
    await this.#components.host.unhandle(protocols.doors);
  }

  async #serve(stream: Stream, connection: Connection): Promise<void> {
    const framed = new FramedStream(stream);
    const signal = AbortSignal.timeout(CONTROL_TIMEOUT_MS);
    try {
      const request = await framed.require(doorsRequestSchema, signal);
      const nodeId = this.#components.links.nodeOf(connection.remotePeer.toString());
      if (nodeId === undefined)
        throw new ProtocolError("IDENTITY_UNKNOWN", "Say hello first: this peer is not known as a node.");
      const answer = await this.#components.desk.openDoors(nodeId, request);
      await framed.write({ type: "doors", ...answer }, signal);
      if (request.doors.length > 0) this.#components.tunnels.prepare(nodeId);
    } catch (error) {
      this.#components.logger.warn({ event: "doors.refused", error }, "A request for doors was refused.");
      const timeout = AbortSignal.timeout(CONTROL_TIMEOUT_MS);
      await framed.write({ type: "error", error: errorToWire(error) }, timeout).catch(() => undefined);
    } finally {
      await framed.close();
    }
  }
}
