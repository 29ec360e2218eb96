import { ProtocolError } from "@fizz/protocol/errors";
import { abortConnection } from "@fizz/protocol/streams";
import { type Connection, type Stream } from "@libp2p/interface";

/** Streams of one protocol from the gateway to one node. */
const MAX_STREAMS_PER_PROTOCOL = 2_048;

export interface NodeLink {
  readonly nodeId: bigint;
  readonly peerId: string;
  readonly connection: Connection;
}

export type OpenStream = (nodeId: bigint, protocol: string, signal: AbortSignal) => Promise<Stream>;

/** Which connection leads to which node. A node that comes again replaces its old connection at once. */
export class NodeLinks {
  readonly #links = new Map<bigint, NodeLink>();
  readonly #nodes = new Map<string, bigint>();
  readonly #onAdmitted = new Set<(peerId: string) => void>();
  #forward: OpenStream | undefined;
  readonly #onPut = new Set<(link: NodeLink) => void>();

  /** Calls a listener for each connection of a node from now on. */
  onPut(listener: (link: NodeLink) => void): void {
    this.#onPut.add(listener);
  }

  put(link: NodeLink): void {
    const old = this.#links.get(link.nodeId);
    if (old !== undefined) this.#nodes.delete(old.peerId);
    this.#links.set(link.nodeId, link);
    this.#nodes.set(link.peerId, link.nodeId);
    if (old !== undefined && old.connection.id !== link.connection.id)
      abortConnection(old.connection, new ProtocolError("STREAM_CLOSED", "The node connected again."));
    for (const listener of this.#onAdmitted) listener(link.peerId);
    for (const listener of this.#onPut) listener(link);
  }

  /** @returns Whether this link was the node's current one. */
  remove(link: NodeLink): boolean {
    if (this.#links.get(link.nodeId) !== link) return false;
    this.#links.delete(link.nodeId);
    this.#nodes.delete(link.peerId);
    return true;
  }

  /** The node that a peer is admitted as. */
  nodeOf(peerId: string): bigint | undefined {
    return this.#nodes.get(peerId);
  }

  /** Waits until a peer is admitted as a node. */
  async whenAdmitted(peerId: string, timeoutMs: number): Promise<boolean> {
    if (this.nodeOf(peerId) !== undefined) return true;
    return await new Promise((resolve) => {
      const finish = (admitted: boolean): void => {
        clearTimeout(timer);
        this.#onAdmitted.delete(listener);
        resolve(admitted);
      };
      const timer = setTimeout(() => {
        finish(false);
      }, timeoutMs);
      const listener = (admitted: string): void => {
        if (admitted === peerId) finish(true);
      };
      this.#onAdmitted.add(listener);
    });
  }

  /** Ends the connection of a node, if it has one. */
  drop(nodeId: bigint): void {
    const connection = this.#links.get(nodeId)?.connection;
    if (connection === undefined) return;
    abortConnection(connection, new ProtocolError("STREAM_CLOSED", "The node is connected elsewhere."));
  }

  /** The link of a node that is connected now. */
  find(nodeId: bigint): NodeLink | undefined {
    const link = this.#links.get(nodeId);
    return link?.connection.status === "open" ? link : undefined;
  }

  /** @throws ProtocolError NODE_OFFLINE */
  require(nodeId: bigint): NodeLink {
    const link = this.find(nodeId);
    if (link === undefined)
      throw new ProtocolError("NODE_OFFLINE", `Node ${nodeId} is not connected to the gateway now.`);
    return link;
  }

  /** Opens streams of nodes that are connected to another process of this gateway. */
  forwardWith(forward: OpenStream): void {
    this.#forward = forward;
  }

  /** @throws ProtocolError NODE_OFFLINE, NODE_UNREACHABLE, TIMEOUT */
  async openStream(nodeId: bigint, protocol: string, signal: AbortSignal): Promise<Stream> {
    const open = this.find(nodeId) === undefined ? (this.#forward ?? this.openHere) : this.openHere;
    return await open(nodeId, protocol, signal);
  }

  /** As `openStream`, only to a node that is connected to this process. */
  readonly openHere: OpenStream = async (nodeId, protocol, signal) => {
    const link = this.require(nodeId);
    try {
      return await link.connection.newStream(protocol, {
        signal,
        maxOutboundStreams: MAX_STREAMS_PER_PROTOCOL,
      });
    } catch (cause) {
      const code = signal.aborted ? "TIMEOUT" : "NODE_UNREACHABLE";
      throw new ProtocolError(code, `Node ${nodeId} does not open a stream for ${protocol}.`, { cause });
    }
  };
}
