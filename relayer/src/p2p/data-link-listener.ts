import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  LINK_CIPHERS,
  LINK_NAME,
  LINK_TIMEOUT_MS,
  LINK_TOKEN_BYTES,
  type LinkRequest,
} from "@fizz/protocol/messages";
import { bytesToHex, type Hex } from "viem";
import { listen } from "../listen.ts";
import { makeSelfSignedPair } from "../self-signed-pair.ts";

/** Connections that have not sent a good token yet. */
const MAX_ARRIVING = 256;
const BACKLOG = 256;
const KEEP_ALIVE_AFTER_MS = 30_000;
/** Longer than a gateway runs. Clocks of nodes may be wrong; the certificate is told, not found. */
const VALID_MS = 3_650 * 86_400_000;

export interface DataLinkListenerInit {
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  /** PEM. */
  readonly pair: { readonly cert: string; readonly key: string };
  /** Called when a connection is refused that no node was told to make. */
  readonly onStray: () => void;
  /** For the token of a connection, and for the connection of a token, in milliseconds. */
  readonly timeoutMs?: number;
}

/** A connection that one node is to make. */
export interface ExpectedLink {
  readonly request: LinkRequest;
  /** Rejects with TIMEOUT, or with what `cancel` was called with. */
  readonly socket: Promise<TLSSocket>;
  readonly cancel: (reason: ProtocolError) => void;
}

interface Waiting {
  readonly take: (socket: TLSSocket) => void;
  readonly cancel: (reason: ProtocolError) => void;
}

/** The certificate of one run of a gateway, and its key, both PEM. @param now Unix milliseconds. */
export async function dataLinkPair(now: number): Promise<DataLinkListenerInit["pair"]> {
  return await makeSelfSignedPair({ names: [LINK_NAME], now, validMs: VALID_MS });
}

/**
 * Where nodes connect their data links: TLS 1.3 with a certificate that they learn over libp2p, and a token that is good
 * once, which they learn there too. While no link is expected nothing is let in.
 */
export class DataLinkListener {
  readonly #init: DataLinkListenerInit;
  readonly #timeoutMs: number;
  readonly #server: Server;
  readonly #secureContext: SecureContext;
  readonly #waiting = new Map<Hex, Waiting>();
  readonly #arriving = new Set<Socket>();
  #port = 0;

  constructor(init: DataLinkListenerInit) {
    this.#init = init;
    this.#timeoutMs = init.timeoutMs ?? LINK_TIMEOUT_MS;
    this.#secureContext = createSecureContext({
      ...init.pair,
      minVersion: "TLSv1.3",
      ciphers: LINK_CIPHERS,
      honorCipherOrder: true,
    });
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS };
    this.#server = createServer(options, (socket) => {
      this.#arrive(socket);
    });
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const { host, port } = this.#init;
    const options = { host, port, backlog: BACKLOG, exclusive: true };
    this.#port = await listen(this.#server, options, (cause) => {
      const message = `The gateway cannot listen on ${host}:${port} for data links.`;
      return new ProtocolError("CONFIG_INVALID", message, { cause });
    });
  }

  /** Sockets that were handed out belong to others, who end them first. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const { cancel } of this.#waiting.values())
      cancel(new ProtocolError("STREAM_CLOSED", "The gateway stops."));
    for (const socket of this.#arriving) socket.destroy();
    await closed;
  }

  /** Waits for one connection. */
  expect(): ExpectedLink {
    const token = bytesToHex(randomBytes(LINK_TOKEN_BYTES));
    const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
    // It may fail before somebody waits for it.
    promise.catch(() => undefined);
    const forget = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(token);
    };
    const cancel = (reason: ProtocolError): void => {
      forget();
      reject(reason);
    };
    const timer = setTimeout(() => {
      cancel(new ProtocolError("TIMEOUT", "The node did not connect its data link in time."));
    }, this.#timeoutMs);
    const take = (socket: TLSSocket): void => {
      forget();
      resolve(socket);
    };
    this.#waiting.set(token, { take, cancel });
    const request = { port: this.port, certificate: this.#init.pair.cert, token };
    return { request, socket: promise, cancel };
  }

  #arrive(raw: Socket): void {
    raw.on("error", () => undefined);
    if (this.#waiting.size === 0 || this.#arriving.size >= MAX_ARRIVING) {
      this.#refuse(raw);
      return;
    }
    const socket = new TLSSocket(raw, { isServer: true, secureContext: this.#secureContext });
    this.#arriving.add(raw);
    const timer = setTimeout(() => {
      this.#refuse(raw);
    }, this.#timeoutMs);
    const leave = (): void => {
      clearTimeout(timer);
      this.#arriving.delete(raw);
    };
    raw.once("close", leave);
    // A handshake that fails, or a peer that goes.
    socket.on("error", () => raw.destroy());
    const onReadable = (): void => {
      const bytes = socket.read(LINK_TOKEN_BYTES) as Buffer | null;
      if (bytes === null) return;
      socket.off("readable", onReadable);
      leave();
      const waiting = this.#waiting.get(bytesToHex(bytes));
      if (bytes.length !== LINK_TOKEN_BYTES || waiting === undefined) this.#refuse(raw);
      else waiting.take(socket);
    };
    socket.on("readable", onReadable);
  }

  #refuse(socket: Socket): void {
    this.#init.onStray();
    socket.destroy();
  }
}
