import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo } from "node:net";

/** A call of a gateway's HTTP API. */
export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly authorization: string | undefined;
  /** Parsed JSON; undefined for none. */
  readonly body: unknown;
}

export interface Reply {
  readonly status: number;
  /** Parsed where it is JSON; the text of a feed otherwise. */
  readonly body: unknown;
}

/** What becomes of a call. @param ask Passes a call on to the real gateway. */
export type Lie = (call: Call, ask: (call: Call) => Promise<Reply>) => Promise<Reply>;

const honest: Lie = (call, ask) => ask(call);

/** A gateway's HTTP API as a malicious gateway offers it: the real one stands behind, and what passes can be changed. */
export class LyingGateway {
  /** Everything that was asked, oldest first. */
  readonly calls: Call[] = [];
  /** What the real one answered, oldest first. */
  readonly replies: (Reply & Pick<Call, "path">)[] = [];
  lie: Lie = honest;
  readonly #target: string;
  readonly #server: Server;

  /** @param target Base URL of the real one. */
  static async start(target: string): Promise<LyingGateway> {
    const gateway = new LyingGateway(target);
    await new Promise<void>((resolve) => gateway.#server.listen(0, "127.0.0.1", resolve));
    return gateway;
  }

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(
        ({ status, body }) => {
          response.writeHead(status, { "content-type": "application/json" });
          response.end(typeof body === "string" ? body : JSON.stringify(body));
        },
        (error: unknown) => {
          response.destroy(error instanceof Error ? error : undefined);
        },
      );
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Tells the truth again, and forgets what was asked. */
  repent(): void {
    this.lie = honest;
    this.calls.length = 0;
    this.replies.length = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What the real gateway answers. */
  async ask({ method, path, authorization, body }: Call): Promise<Reply> {
    const response = await fetch(this.#target + path, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const reply = { status: response.status, body: parsed(await response.text()) };
    this.replies.push({ ...reply, path });
    return reply;
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { method = "GET", url = "/", headers } = request;
    const body = text === "" ? undefined : (JSON.parse(text) as unknown);
    const call = { method, path: url, authorization: headers.authorization, body };
    this.calls.push(call);
    return await this.lie(call, (passed) => this.ask(passed));
  }
}

/** Changes the answers of one path, and nothing else. @param path Its beginning. */
export function retell(path: string, change: (body: never, call: Call) => unknown): Lie {
  return async (call, ask) => {
    const reply = await ask(call);
    if (!call.path.startsWith(path) || reply.status !== 200) return reply;
    return { ...reply, body: change(reply.body as never, call) };
  };
}

/** Changes the questions of one path, and nothing else. @param path Its beginning. */
export function misquote(path: string, change: (body: never) => unknown): Lie {
  return async (call, ask) =>
    await ask(call.path.startsWith(path) ? { ...call, body: change(call.body as never) } : call);
}

/** A feed's lines stay text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
