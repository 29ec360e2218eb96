import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";

const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 5_000;

export interface AdminServerInit {
  readonly host: string;
  readonly port: number;
  /** Metrics in Prometheus' text format. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** Why the gateway cannot serve tenants now; undefined when it can. */
  readonly notReady: () => string | undefined;
}

/** For the operator alone: `/metrics`, `/readyz`, `/livez`. It has a port of its own, which nobody else should reach. */
export class AdminServer {
  readonly #init: AdminServerInit;
  readonly #server = createServer((request, response) => {
    void this.#answer(request.url ?? "", response).catch(() => {
      response.writeHead(500).end();
    });
  });

  constructor(init: AdminServerInit) {
    this.#init = init;
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.headersTimeout = REQUEST_TIMEOUT_MS;
  }

  /** @returns The port it listens on. @throws ProtocolError CONFIG_INVALID */
  async start(): Promise<number> {
    const { host, port } = this.#init;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) => {
        reject(new ProtocolError("CONFIG_INVALID", `Metrics cannot listen on ${host}:${port}.`, { cause }));
      });
      this.#server.listen({ host, port }, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    if (url === "/metrics") {
      const { contentType, body } = await this.#init.metrics();
      response.writeHead(200, { "content-type": contentType }).end(body);
      return;
    }
    const says = (status: number, text: string): void => {
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
    };
    if (url === "/livez") says(200, "alive");
    else if (url === "/readyz") {
      const reason = this.#init.notReady();
      says(reason === undefined ? 200 : 503, reason ?? "ready");
    } else says(404, "There are /metrics, /readyz and /livez.");
  }
}
