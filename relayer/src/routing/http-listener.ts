import { createServer, type Server } from "node:http";
import { type Server as SecureServer } from "node:https";
import { type Server as NetServer, type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { listen } from "../listen.ts";
import { type FrontLimits, http1Options, type Http1Front } from "./http1-front.ts";
import { type QuickFront } from "./quick-front.ts";
import { type Visitors } from "./visitors.ts";

const BACKLOG = 1_024;

export interface ListenAddress {
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
}

export interface HttpListenerInit extends ListenAddress {
  readonly front: Http1Front;
  readonly quick: QuickFront;
  readonly limits: FrontLimits;
  readonly visitors: Visitors;
}

/** The public port of plain HTTP. */
export class HttpListener {
  readonly #server: Server;
  readonly #address: ListenAddress;
  #port = 0;

  constructor({ host, port, front, quick, limits, visitors }: HttpListenerInit) {
    this.#address = { host, port };
    this.#server = createServer(http1Options(limits));
    serveHttp1(this.#server, front);
    const serve = takeOver(this.#server, "connection", (socket) => {
      void visitors.receive(socket).then((comer) => {
        if (comer === undefined) return;
        visitors.admit(socket, { secure: false, port: this.#port }, comer);
        quick.take(socket, serve);
        // A balancer's header was read from it: what follows may be here already.
        if (socket.isPaused()) socket.resume();
      });
    });
  }

  async start(): Promise<number> {
    this.#port = await openPort(this.#server, this.#address);
    return this.#port;
  }

  /** Connections without a request are ended; the others go on. */
  refuseNew(): void {
    this.#server.close();
  }

  endIdle(): void {
    this.#server.closeIdleConnections();
  }

  async stop(): Promise<void> {
    await close(this.#server);
  }
}

/** Lets a server of HTTP/1.1 serve what the front serves. */
export function serveHttp1(server: Server | SecureServer, front: Http1Front): void {
  server.on("request", (request, response) => {
    front.serve(request, response);
  });
  server.on("checkContinue", (request, response) => {
    front.serve(request, response, true);
  });
  server.on("upgrade", (request, _socket, head) => {
    front.upgrade(request, head);
  });
  server.on("clientError", (error, socket) => {
    front.clientError(error as NodeJS.ErrnoException, socket);
  });
}

/** Puts a listener before those that serve connections. @returns What has them served. */
export function takeOver<Connection extends Socket>(
  server: NetServer,
  event: "connection" | "secureConnection",
  listener: (socket: Connection) => void,
): (socket: Connection) => void {
  const before = server.listeners(event) as ((socket: Connection) => void)[];
  server.removeAllListeners(event);
  server.on(event, listener);
  return (socket) => {
    for (const serve of before) serve.call(server, socket);
  };
}

/** Opens the port of a routed door. @returns Its number. @throws ProtocolError CONFIG_INVALID */
export async function openPort(server: NetServer, { host, port }: ListenAddress): Promise<number> {
  return await listen(server, { host, port, backlog: BACKLOG }, (cause) => {
    const message = `The routed doors cannot listen on ${host}:${port}.`;
    return new ProtocolError("CONFIG_INVALID", message, { cause });
  });
}

/** Ends a server with all its connections. */
export async function close(server: Server | SecureServer): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeAllConnections();
  await closed;
}
