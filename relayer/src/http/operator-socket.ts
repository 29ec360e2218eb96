import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { ProtocolError } from "@fizz/protocol/errors";
import { z } from "zod";
import { type OperatorDesk } from "../ports.ts";
import { errorToHttp } from "./errors.ts";

const MAX_CONNECTIONS = 16;
const REQUEST_TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 1_024;
/** Longest drain that can be asked for: a week. */
const MAX_DRAIN_SECONDS = 7 * 86_400;
const MS_PER_SECOND = 1_000;
/** Time for the last answers when the gateway stops. */
const LAST_ANSWER_MS = 500;
const OWNER_ONLY = 0o600;

const drainSchema = z.strictObject({ withinSeconds: z.number().min(0).max(MAX_DRAIN_SECONDS) });

/**
 * Where the operator's commands reach a running gateway: a socket in the data folder that only its owner may open.
 * `GET /status`, `POST /drain`, `POST /reload`, JSON both ways.
 */
export class OperatorSocket {
  readonly #path: string;
  readonly #desk: OperatorDesk;
  readonly #server = createServer((request, response) => {
    this.#answer(request).then(
      (body) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body)),
      (error: unknown) => {
        const { status, body } = errorToHttp(error);
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      },
    );
  });

  /** @param path Of a folder that this process alone uses: what is there is left over from one that is gone. */
  constructor(path: string, desk: OperatorDesk) {
    this.#path = path;
    this.#desk = desk;
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.headersTimeout = REQUEST_TIMEOUT_MS;
  }

  /** @throws ProtocolError CONFIG_INVALID */
  async start(): Promise<void> {
    rmSync(this.#path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) => {
        reject(new ProtocolError("CONFIG_INVALID", `The socket ${this.#path} cannot be made.`, { cause }));
      });
      this.#server.listen(this.#path, resolve);
    });
    chmodSync(this.#path, OWNER_ONLY);
  }

  async stop(): Promise<void> {
    // The answer to the command that ends the gateway is still on its way.
    const timer = setTimeout(() => {
      this.#server.closeAllConnections();
    }, LAST_ANSWER_MS);
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    clearTimeout(timer);
  }

  async #answer(request: IncomingMessage): Promise<unknown> {
    const call = `${request.method ?? ""} ${request.url ?? ""}`;
    if (call === "GET /status") return this.#desk.status();
    if (call === "POST /reload") return await this.#desk.reload();
    if (call !== "POST /drain")
      throw new ProtocolError("INPUT_INVALID", "There are GET /status, POST /drain and POST /reload.");
    const wish = drainSchema.safeParse(await readBody(request));
    if (!wish.success)
      throw new ProtocolError("INPUT_INVALID", `withinSeconds is a number from 0 to ${MAX_DRAIN_SECONDS}.`);
    return this.#desk.drain(wish.data.withinSeconds * MS_PER_SECOND);
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES)
      throw new ProtocolError("INPUT_TOO_LARGE", `The body is over ${MAX_BODY_BYTES} bytes.`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ProtocolError("INPUT_INVALID", "The body is not JSON.", { cause });
  }
}
