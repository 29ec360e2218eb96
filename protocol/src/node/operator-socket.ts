import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { errorCodes, errorToWire, ProtocolError } from "../errors/index.ts";

const MAX_CONNECTIONS = 16;
const REQUEST_TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 1_024;
/** Time for the last answers when the daemon stops. */
const LAST_ANSWER_MS = 500;
const OWNER_ONLY = 0o600;

/** Answers one command, such as `GET /status`. `readBody` reads the JSON that came with it. Throws ProtocolError. */
export type AnswerCommand = (call: string, readBody: () => Promise<unknown>) => Promise<unknown>;

/** Where an operator's commands reach a running daemon: a socket in its data folder that only its owner may open. */
export class OperatorSocket {
  readonly #path: string;
  readonly #answer: AnswerCommand;
  readonly #server = createServer((request, response) => {
    const call = `${request.method ?? ""} ${request.url ?? ""}`;
    this.#answer(call, () => readBody(request)).then(
      (body) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body)),
      (error: unknown) => {
        const { code } = error instanceof ProtocolError ? error : { code: "INTERNAL" as const };
        response.writeHead(errorCodes[code].status, { "content-type": "application/json" });
        response.end(JSON.stringify({ error: errorToWire(error) }));
      },
    );
  });

  /** @param path Of a folder that this process alone uses: what is there is left over from one that is gone. */
  constructor(path: string, answer: AnswerCommand) {
    this.#path = path;
    this.#answer = answer;
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
    // The answer to the command that ends the daemon is still on its way.
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
