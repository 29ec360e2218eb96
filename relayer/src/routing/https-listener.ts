import { createServer, type Server } from "node:https";
import { isIP, type Socket } from "node:net";
import { type TLSSocket } from "node:tls";
import { type CertificateBook, MIN_TLS_VERSION } from "./certificates/certificate-book.ts";
import { type KeyPair } from "./certificates/key-pair.ts";
import { hostOf } from "./domain/host-names.ts";
import { type FrontCounts } from "./front-counts.ts";
import { close, openPort, type ListenAddress, serveHttp1, takeOver } from "./http-listener.ts";
import { type FrontLimits, http1Options, type Http1Front } from "./http1-front.ts";
import { type QuickFront } from "./quick-front.ts";
import { type Comer, type Visitors } from "./visitors.ts";

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Seconds for which a session may be resumed. */
const SESSION_S = 86_400;

export interface HttpsListenerInit extends ListenAddress {
  readonly front: Http1Front;
  readonly quick: QuickFront;
  readonly visitors: Visitors;
  readonly counts: FrontCounts;
  readonly book: CertificateBook;
  /** Shown for names that have no other. */
  readonly fallback: KeyPair;
  readonly limits: FrontLimits;
  /** Takes connections that speak HTTP/2; none do when it is left out. */
  readonly serveHttp2?: (socket: TLSSocket) => void;
}

/** The public port of HTTPS: TLS ends here, and the name of the handshake must be the one of every request. */
export class HttpsListener {
  readonly #server: Server;
  readonly #init: HttpsListenerInit;
  /** Connections whose handshake is not over. */
  readonly #arriving = new Map<string, Comer>();
  #port = 0;

  constructor(init: HttpsListenerInit) {
    this.#init = init;
    const { front, limits, book, serveHttp2 } = init;
    this.#server = createServer({
      ...http1Options(limits),
      ...secureOptions(init.fallback),
      ALPNProtocols: serveHttp2 === undefined ? ["http/1.1"] : ["h2", "http/1.1"],
      handshakeTimeout: limits.handshakeMs ?? HANDSHAKE_TIMEOUT_MS,
      sessionTimeout: SESSION_S,
      SNICallback: (name, done) => {
        done(null, book.find(hostOf(name)));
      },
    });
    serveHttp1(this.#server, front);
    this.#serveConnections();
  }

  async start(): Promise<number> {
    const { host, port } = this.#init;
    this.#port = await openPort(this.#server, { host, port });
    return this.#port;
  }

  /** Shows another certificate from now on for names that have no other. */
  replaceFallback(pair: KeyPair): void {
    this.#server.setSecureContext(secureOptions(pair));
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

  #serveConnections(): void {
    const { counts, quick, serveHttp2 } = this.#init;
    const beginTls = takeOver(this.#server, "connection", (socket) => {
      void this.#init.visitors.receive(socket).then((comer) => {
        if (comer === undefined) return;
        this.#expect(comer);
        beginTls(socket);
      });
    });
    const serveHttp1Connection = takeOver<TLSSocket>(this.#server, "secureConnection", (socket) => {
      if (!this.#admit(socket)) socket.destroy();
      else if (socket.alpnProtocol === "h2") serveHttp2?.(socket);
      else quick.take(socket, serveHttp1Connection as (socket: Socket) => void);
    });
    this.#server.on("tlsClientError", (_error, socket) => {
      counts.refused("handshake");
      socket.destroy();
    });
  }

  #expect(comer: Comer): void {
    const key = keyOf(comer.socket);
    this.#arriving.set(key, comer);
    comer.socket.once("close", () => {
      if (this.#arriving.delete(key)) comer.leave();
    });
  }

  #admit(socket: TLSSocket): boolean {
    const key = keyOf(socket);
    const comer = this.#arriving.get(key);
    if (comer === undefined) return false;
    this.#arriving.delete(key);
    const name = serverNameOf(socket);
    const serverName = name === undefined ? undefined : hostOf(name);
    this.#init.visitors.admit(socket, { secure: true, serverName, port: this.#port }, comer);
    return true;
  }
}

function secureOptions({ cert, key }: KeyPair): {
  cert: string;
  key: string;
  minVersion: typeof MIN_TLS_VERSION;
} {
  return { cert, key, minVersion: MIN_TLS_VERSION };
}

/** Names the same connection before its handshake and after it. */
function keyOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Undefined where the caller named nobody, or an address, which is no name (RFC 6066, 3). */
function serverNameOf(socket: TLSSocket): string | undefined {
  const { servername } = socket as { servername?: string | false | null };
  const isName = typeof servername === "string" && servername !== "" && isIP(servername) === 0;
  return isName ? servername : undefined;
}
