import { errorToWire, ProtocolError } from "@fizz/protocol/errors";
import { addressOfPeerId } from "@fizz/protocol/identity";
import {
  CONTROL_TIMEOUT_MS,
  type NodeHello,
  nodeHelloSchema,
  protocols,
  SILENCE_LIMIT_MS,
} from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type Connection, type Libp2p, type Stream } from "@libp2p/interface";
import { type Logger, type NodeGate } from "../ports.ts";
import { VERSION } from "../version.ts";
import { type NodeLink, type NodeLinks } from "./node-links.ts";

/** Weight of a node's connection when the host must close some: clients go first. */
const NODE_TAG_VALUE = 100;
/** `hello` streams that one peer may have open: the old one and the new one. */
const MAX_HELLO_STREAMS = 2;
/** Introductions that are checked at once: each costs a few reads of the chain, and anyone may begin one. */
const MAX_PENDING_HELLOS = 128;

export interface HelloServerComponents {
  readonly host: Libp2p;
  readonly links: NodeLinks;
  readonly gate: NodeGate;
  readonly logger: Logger;
  /** Round trip to a node in milliseconds; undefined before the first. */
  readonly latencyOf: (nodeId: bigint) => number | undefined;
}

export interface HelloServerInit {
  readonly publicHost: string;
  readonly silenceLimitMs?: number;
}

interface Admitted {
  readonly link: NodeLink;
  readonly subnetId: number;
}

/** Nodes introduce themselves here. The handshake proved their key; the chain says whose it is. */
export class HelloServer {
  readonly #components: HelloServerComponents;
  readonly #publicHost: string;
  readonly #silenceLimitMs: number;
  readonly #stopping = new AbortController();
  #pending = 0;

  constructor(components: HelloServerComponents, init: HelloServerInit) {
    this.#components = components;
    this.#publicHost = init.publicHost;
    this.#silenceLimitMs = init.silenceLimitMs ?? SILENCE_LIMIT_MS;
  }

  async start(): Promise<void> {
    const handler = (stream: Stream, connection: Connection): void => void this.#serve(stream, connection);
    await this.#components.host.handle(protocols.hello, handler, { maxInboundStreams: MAX_HELLO_STREAMS });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#components.host.unhandle(protocols.hello);
  }

  async #serve(stream: Stream, connection: Connection): Promise<void> {
    const { logger } = this.#components;
    const peerId = connection.remotePeer.toString();
    const framed = new FramedStream(stream);
    try {
      await this.#listen(framed, await this.#admitInTurn(framed, connection));
    } catch (error) {
      logger.info({ event: "node.hello.ended", peerId, error }, "A node's hello was refused or broke off.");
      const timeout = AbortSignal.timeout(CONTROL_TIMEOUT_MS);
      await framed.write({ type: "error", error: errorToWire(error) }, timeout).catch(() => undefined);
    } finally {
      await framed.close();
    }
  }

  async #admitInTurn(framed: FramedStream, connection: Connection): Promise<Admitted> {
    if (this.#pending >= MAX_PENDING_HELLOS)
      throw new ProtocolError("LIMIT_REACHED", "The gateway is busy with other nodes. Try again.");
    this.#pending += 1;
    try {
      return await this.#admit(framed, connection);
    } finally {
      this.#pending -= 1;
    }
  }

  async #admit(framed: FramedStream, connection: Connection): Promise<Admitted> {
    const { gate, host } = this.#components;
    const hello = await framed.require(nodeHelloSchema, this.#within(CONTROL_TIMEOUT_MS));
    if (hello.type !== "hello") throw new ProtocolError("INPUT_INVALID", "The first message must be hello.");
    const peerId = connection.remotePeer.toString();
    const { agentVersion, chainId, market, nodeId, offer } = hello;
    const operator = addressOfPeerId(peerId);
    const { subnetId } = await gate.admit({ operator, peerId, agentVersion, chainId, market, nodeId, offer });
    await host.peerStore.merge(connection.remotePeer, { tags: { "fizz-node": { value: NODE_TAG_VALUE } } });
    return { subnetId, link: { nodeId, peerId, connection } };
  }

  /** Welcomes a node and reads its updates until it goes away, falls silent, or comes again on another connection. */
  async #listen(framed: FramedStream, { link, subnetId }: Admitted): Promise<void> {
    const { gate, links, logger, latencyOf } = this.#components;
    const { nodeId, peerId } = link;
    links.put(link);
    try {
      const welcome = { type: "welcome", gatewayVersion: VERSION, subnetId, publicHost: this.#publicHost };
      await framed.write(welcome, this.#within(CONTROL_TIMEOUT_MS));
      gate.online(nodeId);
      logger.info({ event: "node.connected", nodeId, peerId }, "A node connected.");
      for (;;) {
        const message: NodeHello | undefined = await framed.read(
          nodeHelloSchema,
          this.#within(this.#silenceLimitMs),
        );
        if (message === undefined) return;
        gate.update(nodeId, { offer: message.offer, latencyMs: latencyOf(nodeId) ?? null });
        await framed.write({ type: "ack" }, this.#within(CONTROL_TIMEOUT_MS));
      }
    } finally {
      if (links.remove(link)) {
        gate.offline(nodeId);
        logger.info({ event: "node.disconnected", nodeId }, "A node went away. Its doors stay.");
      }
    }
  }

  #within(timeoutMs: number): AbortSignal {
    return AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(timeoutMs)]);
  }
}
