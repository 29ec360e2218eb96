import { Agent, type ClientRequest, request, type RequestOptions } from "node:http";
import { type Socket } from "node:net";
import { type TunnelDuplex } from "./tunnel-duplex.ts";

interface ConnectedOptions extends RequestOptions {
  readonly connection: TunnelDuplex;
}

/** Gives each request the connection that was chosen for it. Connections are kept by `ReplicaConnections`. */
class ConnectedAgent extends Agent {
  constructor() {
    super({ keepAlive: true });
  }
  /** Called by node:http for every request. */
  addRequest(upstream: ClientRequest, { connection }: ConnectedOptions): void {
    upstream.onSocket(connection as unknown as Socket);
  }
}

const AGENT = new ConnectedAgent();
/** Bytes of an answer's headers. */
const MAX_ANSWER_HEADERS = 64 * 1024;

/** Begins a request on a connection to a container. */
export function sendRequest(
  connection: TunnelDuplex,
  head: { readonly method: string; readonly path: string; readonly headers: readonly string[] },
): ClientRequest {
  const options: ConnectedOptions = {
    agent: AGENT,
    method: head.method,
    path: head.path,
    headers: head.headers,
    maxHeaderSize: MAX_ANSWER_HEADERS,
    insecureHTTPParser: false,
    connection,
  };
  return request(options);
}
