import { errorToWire, ProtocolError } from "@fizz/protocol/errors";
import { addressOfPublicKey, publicKeyOfPeerId } from "@fizz/protocol/identity";
import {
  CONTROL_TIMEOUT_MS,
  type GatewayHello,
  HELLO_SILENCE_MS,
  type NodeHello,
  nodeHelloSchema,
  protocols,
} from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type SignedPulse } from "@fizz/protocol/typed-data";
import { type Connection, type Libp2p, type Stream } from "@libp2p/interface";
import { type Logger, type NodeGate } from "../ports.ts";
import { type PulseSender, type PulseSigner } from "../pulse-ports.ts";
import { VERSION } from "../version.ts";
import { type NodeLink, type NodeLinks } from "./node-links.ts";

/** Weight of a node's connection when the host must close some: clients go first. */
const NODE_TAG_VALUE = 100;
/** `hello` streams that one peer may have open: the old one and the new one. */
const MAX_HELLO_STREAMS = 2;
/** Introductions that are checked at once: each costs a few reads of the chain, and anyone may begin one. */
const MAX_PENDING_HELLOS = 128;
/** Looks for silent nodes in the time that one may be silent. */
const LOOKS_PER_SILENCE = 10;

export interface HelloServerComponents {
  readonly host: Libp2p;
  readonly links: NodeLinks;
  readonly gate: NodeGate;
  readonly pulses: PulseSigner;
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
  readonly sender: PulseSender;
}

/** A node's hello, from its first message to its end. */
interface Session {
  readonly framed: FramedStream;
  readonly ended: AbortController;
  /** By the process's own clock, in milliseconds. */
  heardAt: number;
}

/** Nodes introduce themselves here. The handshake proved their key; the chain says whose it is. */
export class HelloServer {
  readonly #components: HelloServerComponents;
  readonly #publicHost: string;
  readonly #silenceLimitMs: number;
  readonly #stopping = new AbortController();
  readonly #sessions = new Set<Session>();
  #timer: NodeJS.Timeout | undefined;
  #pending = 0;

  constructor(components: HelloServerComponents, init: HelloServerInit) {
    this.#components = components;
    this.#publicHost = init.publicHost;
    this.#silenceLimitMs = init.silenceLimitMs ?? HELLO_SILENCE_MS;
  }

  async start(): Promise<void> {
    // One timer for all: with thousands of nodes, one for each read is dear.
    this.#timer ??= setInterval(() => {
      this.#endSilent();
    }, this.#silenceLimitMs / LOOKS_PER_SILENCE);
    const handler = (stream: Stream, connection: Connection): void => void this.#serve(stream, connection);
    await this.#components.host.handle(protocols.hello, handler, { maxInboundStreams: MAX_HELLO_STREAMS });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stopping.abort();
    for (const { ended } of this.#sessions) ended.abort();
    await this.#components.host.unhandle(protocols.hello);
  }

  async #serve(stream: Stream, connection: Connection): Promise<void> {
    const { logger } = this.#components;
    const peerId = connection.remotePeer.toString();
    const framed = new FramedStream(stream);
    try {
      const admitted = await this.#admitInTurn(framed, connection);
      const session: Session = { framed, ended: new AbortController(), heardAt: performance.now() };
      this.#sessions.add(session);
      await this.#listen(session, admitted).finally(() => this.#sessions.delete(session));
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
    const within = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    const hello = await framed.require(nodeHelloSchema, within);
    if (hello.type !== "hello") throw new ProtocolError("INPUT_INVALID", "The first message must be hello.");
    const peerId = connection.remotePeer.toString();
    const { agentVersion, chainId, market, nodeId, offer } = hello;
    const publicKey = publicKeyOfPeerId(peerId);
    const operator = addressOfPublicKey(publicKey);
    const gateway = await gate.admit({ operator, peerId, agentVersion, chainId, market, nodeId, offer });
    await host.peerStore.merge(connection.remotePeer, { tags: { "fizz-node": { value: NODE_TAG_VALUE } } });
    return { sender: { nodeId, publicKey, gateway }, link: { nodeId, peerId, connection } };
  }

  /** Welcomes a node and answers it until it goes away, falls silent, or comes again on another connection. */
  async #listen(session: Session, { link, sender }: Admitted): Promise<void> {
    const { gate, links, logger } = this.#components;
    const { framed, ended } = session;
    const { nodeId, peerId } = link;
    const { subnetId } = sender.gateway;
    links.put(link);
    try {
      const welcome = { type: "welcome", gatewayVersion: VERSION, subnetId, publicHost: this.#publicHost };
      await framed.write(welcome, ended.signal);
      gate.online(nodeId);
      logger.info({ event: "node.connected", nodeId, peerId }, "A node connected.");
      for (;;) {
        const message: NodeHello | undefined = await framed.read(nodeHelloSchema, ended.signal);
        if (message === undefined) return;
        session.heardAt = performance.now();
        await framed.write(this.#answer(message, sender), ended.signal);
      }
    } finally {
      if (links.remove(link)) {
        gate.offline(nodeId);
        logger.info({ event: "node.disconnected", nodeId }, "A node went away. Its doors stay.");
      }
    }
  }

  #answer(message: NodeHello, sender: PulseSender): GatewayHello {
    const { gate, latencyOf } = this.#components;
    const { nodeId } = sender;
    const latencyMs = latencyOf(nodeId) ?? null;
    if (message.type === "pulse") {
      gate.seen(nodeId, latencyMs);
      return this.#countersign(message, sender);
    }
    gate.update(nodeId, { offer: message.offer, latencyMs });
    return { type: "ack" };
  }

  /** A node whose clock is wrong goes on serving. */
  #countersign({ pulse, signature }: SignedPulse, sender: PulseSender): GatewayHello {
    const { logger, pulses } = this.#components;
    try {
      return { type: "countersigned", signature: pulses.countersign(sender, { pulse, signature }) };
    } catch (error) {
      const fields = { event: "node.pulse.refused", nodeId: sender.nodeId, error };
      logger.info(fields, "A node's pulse was not signed.");
      return { type: "refused", error: errorToWire(error) };
    }
  }

  #endSilent(): void {
    const before = performance.now() - this.#silenceLimitMs;
    for (const { heardAt, ended } of this.#sessions) if (heardAt < before) ended.abort();
  }
}
