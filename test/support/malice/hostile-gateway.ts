import { createServer, type Server } from "node:http";
import {
  type DoorsRequest,
  doorsRequestSchema,
  type GatewayNetwork,
  type NodeHello,
  nodeHelloSchema,
  protocols,
  toWire,
} from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type Connection, type Libp2p, type Stream } from "@libp2p/interface";
import { type Hex } from "viem";
import { startHost } from "../../../relayer/src/p2p/host.ts";
import { NodeLinks } from "../../../relayer/src/p2p/node-links.ts";
import { type GatewayAddresses } from "../../../scripts/lib/local-network.ts";

const soon = (): AbortSignal => AbortSignal.timeout(30_000);
const HOUR_MS = 3_600_000;

export interface HostileGatewayInit {
  /** The gateway's own key. */
  readonly key: Hex;
  readonly at: GatewayAddresses;
  /** What it says of itself first. */
  readonly says: GatewayNetwork;
}

/** A gateway with the real one's key, host, relay and addresses, and none of its good will. */
export class HostileGateway {
  readonly links = new NodeLinks();
  /** What nodes said on `hello`, and what they asked doors for. */
  readonly hellos: NodeHello[] = [];
  readonly doors: DoorsRequest[] = [];
  /** Calls of its HTTP API. */
  asked = 0;
  /** What it says of itself. */
  says: GatewayNetwork;
  readonly #http: Server;
  readonly #host: Libp2p;

  static async start({ key, at, says }: HostileGatewayInit): Promise<HostileGateway> {
    const links = new NodeLinks();
    const listen = [`/ip4/127.0.0.1/tcp/${at.tcpPort}`];
    const limits = { maxNodes: 100, relayBytesPerSecond: 1_000_000_000 };
    const host = await startHost(links, { privateKey: key, listen, announce: [], ...limits });
    const gateway = new HostileGateway(host, links, says);
    await host.handle(protocols.hello, (stream, connection) => void gateway.#hello(stream, connection));
    await host.handle(protocols.doors, (stream) => void gateway.#answerDoors(stream));
    await new Promise<void>((resolve) => gateway.#http.listen(at.apiPort, "127.0.0.1", resolve));
    return gateway;
  }

  private constructor(host: Libp2p, links: NodeLinks, says: GatewayNetwork) {
    this.#host = host;
    this.links = links;
    this.says = says;
    this.#http = createServer((_request, response) => {
      this.asked += 1;
      response.setHeader("content-type", "application/json");
      response.end(toWire(this.says));
    });
  }

  async stop(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
    await this.#host.stop();
  }

  /** Welcomes a node to a subnet that is not its own, and signs none of its pulses. */
  async #hello(stream: Stream, connection: Connection): Promise<void> {
    const framed = new FramedStream(stream);
    try {
      for (;;) {
        const message = await framed.require(nodeHelloSchema, AbortSignal.timeout(HOUR_MS));
        this.hellos.push(message);
        if (message.type === "hello") {
          const { nodeId } = message;
          this.links.put({ nodeId, peerId: connection.remotePeer.toString(), connection });
          const words = { gatewayVersion: "hostile", subnetId: 99, publicHost: "evil.example" };
          await framed.write({ type: "welcome", ...words }, soon());
        } else if (message.type === "update") await framed.write({ type: "ack" }, soon());
        else await framed.write({ type: "countersigned", signature: `0x${"11".repeat(64)}1b` }, soon());
      }
    } catch {
      await framed.close();
    }
  }

  /** Every door leads to another machine. */
  async #answerDoors(stream: Stream): Promise<void> {
    const framed = new FramedStream(stream);
    const request = await framed.require(doorsRequestSchema, soon());
    this.doors.push(request);
    const host = "evil.example";
    const endpoints = request.doors.map(({ service, replica, port, protocol }) => ({
      ...{ service, replica, port, protocol, host },
      ...{ publicPort: 4_444, url: `http://${host}:4444` },
    }));
    await framed.write({ type: "doors", host, endpoints }, soon());
    await framed.close();
  }
}
