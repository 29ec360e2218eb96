import {
  doorsRequestSchema,
  type GatewayNetwork,
  nodeHelloSchema,
  type NodeHello,
  protocols,
  toWire,
} from "@fizz/protocol/messages";
import { FramedStream, MUXER_INIT } from "@fizz/protocol/streams";
import { circuitRelayServer, circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import { type Connection, type Libp2p, type Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { createServer, type Server } from "node:http";
import { createLibp2p } from "libp2p";
import { type Hex, hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { FakeChain } from "./fake-chain.ts";

const signal = (): AbortSignal => AbortSignal.timeout(10_000);
const chain = new FakeChain();
export const CONTRACTS = {
  nodeRegistry: "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
  subnetRegistry: "0x5FbDB2315678afecb367f032d93F642f64180aa3",
  leaseMarket: chain.market,
} as const;

/** A gateway's libp2p side and its /v1/network, on loopback, with the real libraries. */
export class LoopbackGateway {
  readonly privateKey: Hex = generatePrivateKey();
  readonly hellos: NodeHello[] = [];
  readonly #http: Server;
  #host: Libp2p | undefined;
  #node: Connection | undefined;
  #url = "";
  /** Errors with which `/v1/network` is answered first, and relay reservations that are refused first. */
  failures = 0;
  refusals = 0;

  constructor() {
    this.#http = createServer((_request, response) => {
      this.failures -= 1;
      response.statusCode = this.failures >= 0 || this.#host === undefined ? 503 : 200;
      response.setHeader("content-type", "application/json");
      response.end(response.statusCode === 200 ? toWire(this.network()) : "{}");
    });
  }

  get url(): string {
    return this.#url;
  }

  /** The connection of the node, after its hello. */
  get node(): Connection {
    if (this.#node === undefined) throw new Error("no node is connected");
    return this.#node;
  }

  get isConnected(): boolean {
    return this.#node?.status === "open";
  }

  get multiaddrs(): string[] {
    return (this.#host?.getMultiaddrs() ?? []).map(String);
  }

  network(): GatewayNetwork {
    return {
      version: "test",
      chainId: chain.chainId,
      contracts: CONTRACTS,
      subnetId: 1,
      operator: privateKeyToAddress(this.privateKey),
      peerId: this.#host?.peerId.toString() ?? "",
      multiaddrs: this.multiaddrs,
      publicHost: "gw.example",
    };
  }

  async start(failures = 0, refusals = 0): Promise<void> {
    Object.assign(this, { failures, refusals });
    await new Promise<void>((resolve) => this.#http.listen(0, "127.0.0.1", resolve));
    const address = this.#http.address();
    this.#url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    await this.startHost();
  }

  async startHost(): Promise<void> {
    const mayReserve = (): boolean => {
      this.refusals -= 1;
      return this.refusals < 0;
    };
    const host = await createTestHost(this.privateKey, ["/ip4/127.0.0.1/tcp/0"], mayReserve);
    await host.handle(protocols.hello, (stream, connection) => void this.#hello(stream, connection));
    await host.handle(protocols.doors, (stream) => void answerDoors(stream));
    this.#host = host;
  }

  async stopHost(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    this.#node = undefined;
    await host?.stop();
  }

  async stop(): Promise<void> {
    await this.stopHost();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  async #hello(stream: Stream, connection: Connection): Promise<void> {
    const framed = new FramedStream(stream);
    try {
      for (;;) {
        const message = await framed.require(nodeHelloSchema, AbortSignal.timeout(20_000));
        this.hellos.push(message);
        if (message.type === "hello") {
          this.#node = connection;
          await framed.write(
            { type: "welcome", gatewayVersion: "test", subnetId: 1, publicHost: "gw" },
            signal(),
          );
        } else await framed.write({ type: "ack" }, signal());
      }
    } catch {
      await framed.close();
    }
  }
}

/** A host with the settings of every Fizz process; a relay, when it is said who may reserve a place there. */
export async function createTestHost(
  privateKey: Hex,
  listen: string[],
  mayReserve?: () => boolean,
): Promise<Libp2p> {
  const relay =
    mayReserve === undefined
      ? {}
      : { relay: circuitRelayServer({ reservations: { applyDefaultLimit: false } }) };
  return await createLibp2p({
    privateKey: privateKeyFromRaw(hexToBytes(privateKey)),
    addresses: { listen },
    transports: [tcp(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux(MUXER_INIT)],
    connectionMonitor: { enabled: false },
    connectionGater: { denyInboundRelayReservation: () => mayReserve?.() === false },
    services: { identify: identify(), ...relay },
  });
}

async function answerDoors(stream: Stream): Promise<void> {
  const framed = new FramedStream(stream);
  const { doors } = await framed.require(doorsRequestSchema, signal());
  const endpoints = doors.map(({ service, replica, port, protocol }) => ({
    ...{ service, replica, port, protocol },
    ...{ host: "gw", publicPort: 40_000, url: "http://gw:40000" },
  }));
  await framed.write({ type: "doors", host: "gw", endpoints }, signal());
  await framed.close();
}
