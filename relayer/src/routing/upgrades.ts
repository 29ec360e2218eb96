import { type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { type Socket } from "node:net";
import { type Duplex } from "node:stream";
import { type ErrorCode, ProtocolError } from "@fizz/protocol/errors";
import { errorPage } from "./domain/error-page.ts";
import { requestHeaders, responseHeaders } from "./domain/message-headers.ts";
import { type FrontCounts } from "./front-counts.ts";
import { type ReplicaSet } from "./replica-set.ts";
import { type Replica } from "./replica.ts";
import { sendRequest } from "./upstream-agent.ts";

/** Silence in both directions after which an upgraded connection is ended. */
const IDLE_MS = 3_600_000;
const SWITCHING_PROTOCOLS = 101;

export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** Bytes that came behind the request. */
  readonly head: Buffer;
  readonly path: string;
  readonly host: string;
  readonly forwarded: readonly string[];
}

interface AskInit {
  readonly gone: AbortSignal;
  readonly timeoutMs: number;
  /** Whether the bandwidth of the lease holds the connection back. */
  readonly isHeld: () => boolean;
}

/** Connections that go on as WebSockets: joined with one to a container once that agrees. */
export class Upgrades {
  readonly #counts: FrontCounts;

  constructor(counts: FrontCounts) {
    this.#counts = counts;
  }

  /** @param replicas Has a place for it. */
  begin(upgrade: UpgradeRequest, replicas: ReplicaSet): void {
    const gone = new AbortController();
    const { socket, response } = upgrade;
    // node:http took its own listener away with the request.
    socket.on("error", () => {
      socket.destroy();
    });
    socket.once("close", () => {
      gone.abort();
      replicas.leave();
    });
    void this.#serve(upgrade, replicas, gone.signal).then((code) => {
      if (code === undefined || gone.signal.aborted) return;
      const page = errorPage(code, upgrade.request.headers.accept);
      this.#counts.answered(page.status);
      response.writeHead(page.status, page.headers as string[]);
      response.end(page.body);
    });
  }

  /** @returns Why there is no container for it. */
  async #serve(
    upgrade: UpgradeRequest,
    replicas: ReplicaSet,
    gone: AbortSignal,
  ): Promise<ErrorCode | undefined> {
    const tried = new Set<Replica>();
    for (;;) {
      const replica = replicas.choose(tried);
      if (replica === undefined) return "REPLICA_UNAVAILABLE";
      tried.add(replica);
      try {
        const connection = await replica.connectRaw(gone);
        replica.inFlight += 1;
        connection.once("close", () => {
          replica.inFlight -= 1;
        });
        return await this.#ask(upgrade, sendRequest(connection, headOf(upgrade)), {
          gone,
          timeoutMs: replicas.rules.readTimeoutMs,
          isHeld: () => connection.isHeld,
        });
      } catch (error) {
        // Nothing was sent yet.
        const isAway = error instanceof ProtocolError && error.code === "NODE_OFFLINE";
        if (!isAway) replica.failed();
        if (isAway || gone.aborted) return "NODE_OFFLINE";
      }
    }
  }

  async #ask(
    upgrade: UpgradeRequest,
    upstream: ClientRequest,
    { gone, timeoutMs, isHeld }: AskInit,
  ): Promise<ErrorCode | undefined> {
    return await new Promise((resolve) => {
      const timer = setTimeout(() => {
        if (isHeld()) {
          timer.refresh();
          return;
        }
        resolve("REPLICA_TIMEOUT");
        upstream.destroy();
      }, timeoutMs);
      const settle = (code?: ErrorCode): void => {
        clearTimeout(timer);
        resolve(code);
      };
      gone.addEventListener("abort", () => upstream.destroy(), { once: true });
      upstream.on("error", () => {
        settle("REPLICA_FAILED");
      });
      upstream.on("response", (answer) => {
        settle();
        this.#passOn(answer, upgrade.response);
      });
      upstream.on("upgrade", (answer, connection, rest) => {
        settle();
        this.#counts.answered(SWITCHING_PROTOCOLS);
        join(upgrade, connection, { answer, rest });
      });
      upstream.end();
    });
  }

  /** The container does not agree: its answer is the answer. */
  #passOn(answer: IncomingMessage, response: ServerResponse): void {
    const status = answer.statusCode ?? 0;
    this.#counts.answered(status);
    response.writeHead(status, answer.statusMessage, responseHeaders(answer.rawHeaders));
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  }
}

function headOf({ request, path, host, forwarded }: UpgradeRequest): Parameters<typeof sendRequest>[1] {
  const headers = ["Host", host, ...requestHeaders(request.rawHeaders), ...forwarded];
  headers.push("Connection", "Upgrade", "Upgrade", "websocket");
  return { method: "GET", path, headers };
}

function join(
  { response, socket, head }: UpgradeRequest,
  connection: Duplex,
  { answer, rest }: { readonly answer: IncomingMessage; readonly rest: Buffer },
): void {
  response.detachSocket(socket);
  const headers = responseHeaders(answer.rawHeaders);
  headers.push("Connection", "Upgrade", "Upgrade", "websocket");
  let text = `HTTP/1.1 ${SWITCHING_PROTOCOLS} Switching Protocols\r\n`;
  for (let index = 0; index < headers.length; index += 2)
    text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  const end = (): void => {
    socket.destroy();
    connection.destroy();
  };
  socket.setTimeout(IDLE_MS, end);
  connection.on("error", end).once("close", () => {
    // Ended in order, what it sent is still on its way.
    if (!connection.readableEnded) end();
  });
  socket.once("close", end);
  socket.write(`${text}\r\n`, "latin1");
  if (rest.length > 0) socket.write(rest);
  if (head.length > 0) connection.write(head);
  connection.pipe(socket);
  socket.pipe(connection);
}
