import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { StandInSocket } from "./stand-in-socket.ts";

const TURNS = 4;

/** A request as Node's strict parser reads it. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly keepsAlive: boolean;
  body: string;
}

/** An answer as Node's strict parser reads it. */
export interface SeenAnswer {
  readonly status: number;
  readonly message: string;
  readonly rawHeaders: readonly string[];
  readonly rawTrailers: readonly string[];
  readonly body: string;
}

/** Reads what one connection brings. */
export class NodeRequests {
  readonly #server: Server;
  readonly #seen = new Map<object, SeenRequest[]>();

  constructor() {
    this.#server = createServer(
      { insecureHTTPParser: false, requireHostHeader: true },
      (message, response) => {
        const seen: SeenRequest = {
          method: message.method ?? "",
          target: message.url ?? "",
          rawHeaders: message.rawHeaders,
          keepsAlive: response.shouldKeepAlive,
          body: "",
        };
        this.#seen.get(message.socket)?.push(seen);
        message.on("data", (chunk: Buffer) => (seen.body += chunk.toString("latin1")));
        message.on("end", () => response.end());
      },
    );
    this.#server.on("clientError", (_error, socket) => socket.destroy());
  }

  async read(text: string): Promise<readonly SeenRequest[]> {
    const socket = new StandInSocket();
    const seen: SeenRequest[] = [];
    this.#seen.set(socket, seen);
    this.#server.emit("connection", socket);
    socket.push(Buffer.from(text, "latin1"));
    for (let left = TURNS; left > 0; left -= 1) await turn();
    this.#seen.delete(socket);
    socket.destroy();
    return seen;
  }
}

/** @returns undefined when it is refused, or not complete. */
export async function readAnswerWithNode(text: string, method: string): Promise<SeenAnswer | undefined> {
  const socket = new StandInSocket();
  const pieces: Buffer[] = [];
  const answers: IncomingMessage[] = [];
  const asked = request({ method, createConnection: () => socket });
  asked.on("error", () => undefined);
  asked.on("response", (answer) => {
    answers.push(answer);
    answer.on("data", (chunk: Buffer) => pieces.push(chunk)).on("error", () => undefined);
  });
  asked.end();
  await turn();
  socket.push(Buffer.from(text, "latin1"));
  socket.push(null);
  for (let left = TURNS; left > 0; left -= 1) await turn();
  const [answer] = answers;
  socket.destroy();
  if (answer?.complete !== true) return undefined;
  const { statusCode: status = 0, statusMessage: message = "", rawHeaders, rawTrailers } = answer;
  return { status, message, rawHeaders, rawTrailers, body: Buffer.concat(pieces).toString("latin1") };
}
