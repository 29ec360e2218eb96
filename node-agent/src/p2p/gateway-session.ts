import { errorFromWire, ProtocolError } from "@fizz/protocol/errors";
import { publicKeyOfPeerId } from "@fizz/protocol/identity";
import {
  CONTROL_TIMEOUT_MS,
  type DoorsRequest,
  doorsResponseSchema,
  type GatewayHello,
  gatewayHelloSchema,
  type Offer,
  protocols,
} from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type Connection } from "@libp2p/interface";
import { type Address, type Hex } from "viem";
import { type OpenedDoors } from "../domain/stored-lease.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock, type Pulsing } from "../ports.ts";
import { HelloTalk } from "./hello-talk.ts";
import { createHost, type NodeHost } from "./host.ts";

export interface GatewaySessionComponents {
  readonly clock: Clock;
  readonly log: Logger;
  readonly offer: () => Promise<Offer>;
  readonly pulsing: Pulsing;
  /** Registers the node's protocols on a host that is about to start. */
  readonly serve: (host: NodeHost, signal: AbortSignal) => Promise<void>;
}

export interface GatewaySessionInit {
  readonly privateKey: Hex;
  readonly gatewayPeer: string;
  /** That the gateway runs, by the chain. */
  readonly subnetId: number;
  /** With the peer id at the end. */
  readonly multiaddrs: readonly string[];
  readonly hello: {
    readonly agentVersion: string;
    readonly chainId: number;
    readonly market: Address;
    readonly nodeId: bigint;
  };
}

type Welcome = Extract<GatewayHello, { type: "welcome" }>;

/**
 * One connection to a gateway, from dial to loss. Each has a host of its own: relay reservation, streams and
 * connections begin and end together, so nothing stale outlives a lost link.
 */
export class GatewaySession {
  readonly #components: GatewaySessionComponents;
  readonly #init: GatewaySessionInit;
  readonly #ended = new AbortController();
  #host: NodeHost | undefined;
  #connection: Connection | undefined;
  #talk: HelloTalk | undefined;

  constructor(components: GatewaySessionComponents, init: GatewaySessionInit) {
    this.#components = components;
    this.#init = init;
  }

  /** Dials, says hello, and returns the welcome. @throws ProtocolError GATEWAY_UNREACHABLE or what the gateway answered */
  async open(): Promise<{ welcome: Welcome; run: () => Promise<void> }> {
    const { log, serve } = this.#components;
    const host = await createHost(this.#init.privateKey, this.#init.multiaddrs);
    this.#host = host;
    await serve(host, this.#ended.signal);
    const connected = this.#whenConnected(host);
    // Resolves after the relay reservation, which the gateway grants only after hello: both go on at once.
    const starting = Promise.resolve(host.start());
    starting.catch((error: unknown) => {
      log.warn({ event: "p2p.start_failed", error }, "The libp2p host did not start.");
    });
    const signal = AbortSignal.timeout(CONTROL_TIMEOUT_MS);
    const framed = await openFramed(await connected, protocols.hello, signal);
    const { welcome, talk } = await this.#exchangeHello(framed);
    this.#talk = talk;
    void starting.then(() => this.#keepReservation(host)).catch(() => undefined);
    return { welcome, run: () => this.#keepAlive(framed, talk) };
  }

  async close(): Promise<void> {
    this.#ended.abort();
    const host = this.#host;
    this.#host = undefined;
    await Promise.resolve(host?.stop()).catch(() => undefined);
  }

  /** The offer has changed: tell the gateway now. */
  poke(): void {
    this.#talk?.poke();
  }

  async openDoors(request: DoorsRequest, signal: AbortSignal): Promise<OpenedDoors> {
    if (this.#connection === undefined) throw unreachable();
    const within = AbortSignal.any([signal, this.#ended.signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    const framed = await openFramed(this.#connection, protocols.doors, within);
    try {
      await framed.write(request, within);
      const response = await framed.require(doorsResponseSchema, within);
      if (response.type === "error") throw errorFromWire(response.error);
      const { host, endpoints, heldElsewhere = [] } = response;
      return { host, endpoints, heldElsewhere };
    } finally {
      await framed.close();
    }
  }

  /** The first one was asked for when the host started: while the hello took long, it was refused. */
  async #keepReservation({ services }: NodeHost): Promise<void> {
    if (this.#connection === undefined) return;
    const { clock, log } = this.#components;
    const onMissing = (error: unknown, failures: number): void => {
      const fields = { event: "relay.missing", error };
      log[failures === 0 ? "warn" : "debug"](
        fields,
        "No client reaches the node by the relay; asking again.",
      );
    };
    await services.relay.keep(this.#connection.remoteAddr, { clock, signal: this.#ended.signal, onMissing });
  }

  async #whenConnected(host: NodeHost): Promise<Connection> {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(unreachable());
      }, CONTROL_TIMEOUT_MS);
      host.addEventListener("connection:open", ({ detail }) => {
        if (detail.remotePeer.toString() !== this.#init.gatewayPeer) return;
        clearTimeout(timer);
        // Later ones only ask as what the gateway sees this node.
        this.#connection ??= detail;
        resolve(this.#connection);
      });
      host.addEventListener("connection:close", ({ detail }) => {
        if (detail.id === this.#connection?.id) this.#ended.abort();
      });
      this.#ended.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(unreachable());
      });
    });
  }

  async #exchangeHello(framed: FramedStream): Promise<{ welcome: Welcome; talk: HelloTalk }> {
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    const { gatewayPeer, hello, subnetId } = this.#init;
    const offer = await this.#components.offer();
    const talk = new HelloTalk(this.#components, {
      subnetId,
      offer,
      gatewayKey: publicKeyOfPeerId(gatewayPeer),
    });
    await framed.write({ type: "hello", ...hello, offer }, signal);
    const welcome = await framed.require(gatewayHelloSchema, signal);
    if (welcome.type === "error") throw errorFromWire(welcome.error);
    if (welcome.type !== "welcome")
      throw new ProtocolError("PEER_REFUSED", "The gateway did not answer hello.");
    return { welcome, talk };
  }

  /** Returns when the gateway is gone. */
  async #keepAlive(framed: FramedStream, talk: HelloTalk): Promise<void> {
    try {
      await talk.run(framed, this.#ended.signal);
    } catch (error) {
      const { log } = this.#components;
      log.debug({ event: "gateway.silent", error }, "The gateway does not answer any more.");
    }
  }
}

async function openFramed(
  connection: Connection,
  protocol: string,
  signal: AbortSignal,
): Promise<FramedStream> {
  try {
    return new FramedStream(await connection.newStream(protocol, { signal }));
  } catch (cause) {
    throw unreachable(cause);
  }
}

function unreachable(cause?: unknown): ProtocolError {
  return new ProtocolError("GATEWAY_UNREACHABLE", "The gateway does not answer.", { cause });
}
