import { once } from "node:events";
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type DoorRequest, type Endpoint, type Route } from "@fizz/protocol/messages";
import { type Libp2p } from "libp2p";
import { type AddressBlock } from "../../../relayer/src/domain/address-block.ts";
import { type DoorLimits } from "../../../relayer/src/doors/door-guard.ts";
import { type HostRouterInit } from "../../../relayer/src/routing/host-router.ts";
import { eventually, hash, leaseFacts, nodeFacts, testKey } from "./builders.ts";
import {
  addressOfKey,
  type GatewayFixture,
  sayHello,
  startGatewayFixture,
  startPeer,
} from "./gateway-fixture.ts";
import { serveTunnels } from "./tunnel-node.ts";

export const DOMAIN = "gw.test";
const NODE_KEY = testKey(0x11);

/** What a manifest says where it says nothing. */
export const OPTIONS: Route["options"] = {
  maxBodySize: 1_048_576,
  readTimeoutMs: 60_000,
  sendTimeoutMs: 60_000,
  nextTries: 3,
  nextTimeoutMs: 0,
  nextCases: ["error", "timeout"],
};

export interface RoutedWorld {
  readonly gateway: GatewayFixture;
  readonly peer: Libp2p;
  /** Port of plain HTTP at the gateway. */
  readonly port: number;
  readonly httpsPort: number;
  /** Host name of the service. */
  readonly host: string;
  readonly endpoints: readonly Endpoint[];
  /** The containers' servers, by replica. */
  readonly origins: readonly Server[];
  /** Asks for doors once more. */
  open(doors: readonly DoorRequest[], lid?: bigint): Promise<readonly Endpoint[]>;
  stop(): Promise<void>;
}

export interface RoutedWorldInit {
  /** One server for each replica. */
  readonly origins: readonly RequestListener[];
  readonly options?: Partial<Route["options"]>;
  readonly scheme?: Route["scheme"];
  readonly accept?: readonly string[];
  readonly state?: "open" | "active" | "closed";
  readonly routing?: Partial<HostRouterInit>;
  readonly limits?: Partial<DoorLimits>;
  /** Balancers that must send a PROXY header, and the time that they have for it. */
  readonly trusted?: readonly AddressBlock[];
  readonly proxies?: { readonly headerTimeoutMs: number };
}

export function routedDoor(replica: number, route: Partial<Route> = {}): DoorRequest {
  return {
    service: "web",
    replica,
    port: 8080,
    protocol: "tcp",
    route: { scheme: "http", accept: [], options: OPTIONS, ...route },
  };
}

/** A gateway with host routing, a node that is connected to it, and a service with one server for each replica. */
export async function startRoutedWorld(init: RoutedWorldInit): Promise<RoutedWorld> {
  const origins = await Promise.all(init.origins.map(startHttpOrigin));
  // A container that stopped keeps its address.
  const ports = origins.map((origin) => (origin.address() as AddressInfo).port);
  const routing = { domain: DOMAIN, httpPort: 0, ...init.routing };
  const gateway = await startGatewayFixture({
    routing,
    ...(init.limits === undefined ? {} : { limits: init.limits }),
    ...(init.trusted === undefined ? {} : { trusted: init.trusted }),
    ...(init.proxies === undefined ? {} : { proxies: init.proxies }),
  });
  gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
  gateway.chain.leases.set(
    1n,
    leaseFacts({ state: init.state === "closed" ? "active" : (init.state ?? "active") }),
  );
  const peer = await startPeer(NODE_KEY);
  await serveTunnels(peer, (_port, { replica }) => ports[replica] ?? 1);
  await sayHello(peer, gateway.host);
  await eventually(() => gateway.nodes.find(1n)?.online === true);
  const open = async (doors: readonly DoorRequest[], lid = 1n): Promise<readonly Endpoint[]> => {
    const leaseHash = lid === 1n ? hash(0xaa) : hash(Number(lid));
    return (await gateway.doors.openDoors(1n, { lid, leaseHash, doors: [...doors] })).endpoints;
  };
  const route = {
    scheme: init.scheme ?? "http",
    accept: [...(init.accept ?? [])],
    options: { ...OPTIONS, ...init.options },
  };
  const endpoints = await open(origins.map((_, replica) => routedDoor(replica, route)));
  return {
    gateway,
    peer,
    port: gateway.router.portOf("http") ?? 0,
    httpsPort: gateway.router.portOf("https") ?? 0,
    host: endpoints[0]?.host ?? "",
    endpoints,
    origins,
    open,
    stop: async () => {
      await peer.stop();
      await gateway.stop();
      for (const origin of origins) {
        origin.closeAllConnections();
        origin.close();
      }
    },
  };
}

async function startHttpOrigin(listener: RequestListener): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly trailers: IncomingMessage["trailers"];
  readonly body: string;
}

export interface Ask {
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Uint8Array;
}

/** One request over a connection of its own. */
export async function ask(
  { port, host }: Pick<RoutedWorld, "port" | "host">,
  { path = "/", method = "GET", headers = {}, body, host: other }: Ask = {},
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const options = {
      port,
      host: "127.0.0.1",
      path,
      method,
      agent: false,
      headers: { host: other ?? host, ...headers },
    };
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status = 0, headers: fields, trailers } = response;
        resolve({ status, headers: fields, trailers, body: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Sends bytes, and reads until the answer looks complete or the connection is over. */
export async function raw(port: number, text: string, complete: RegExp): Promise<string> {
  const client = connect(port, "127.0.0.1");
  let answer = "";
  client.on("data", (chunk) => {
    answer += String(chunk);
    if (complete.test(answer)) client.destroy();
  });
  client.on("error", () => undefined);
  client.write(text);
  await once(client, "close");
  return answer;
}
