import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A container as it was asked for. */
export interface AskedContainer {
  readonly Image: string;
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

/**
 * A server that speaks as much of the Docker Engine's API as it takes to list and create containers, and keeps what was
 * asked. It is there for requests that no engine of the tests can carry out: those for GPUs.
 */
export class RecordingEngine {
  /** What `GET /info` answers, beyond what every engine does. */
  info: Readonly<Record<string, unknown>> = {};
  /** What `GET /nodes`, `GET /services` and `GET /tasks` answer, of an engine that manages a swarm. */
  swarm: { nodes?: readonly unknown[]; services?: readonly unknown[]; tasks?: readonly unknown[] } = {};
  apiVersion = "1.47";
  /** Takes requests, and answers none. */
  isSilent = false;
  /** What every request is answered instead, but for `GET /info`. */
  refusal: { readonly status: number; readonly message: string } | undefined;
  /** How often its events were asked for. Where it is refused nothing, nothing ever happens. */
  eventsAsked = 0;
  /** Services as they were asked for. */
  readonly askedServices: unknown[] = [];
  /** What `GET /networks` answers. */
  networks: readonly unknown[] = [];
  readonly asked: AskedContainer[] = [];
  readonly #server: Server;
  readonly #folder: string;
  #made: { readonly id: string; readonly name: string; readonly asked: AskedContainer }[] = [];

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
  }

  static async start(): Promise<RecordingEngine> {
    const folder = await mkdtemp(join(tmpdir(), "fizz-engine-"));
    const server = createServer((request, response) => {
      void engine.#answer(request, response);
    });
    const engine = new RecordingEngine(server, folder);
    server.listen(engine.#socket);
    await once(server, "listening");
    return engine;
  }

  get host(): string {
    return `unix://${this.#socket}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.#folder, { recursive: true });
  }

  /** As if somebody had removed it. */
  forget(digest: string): void {
    this.#made = this.#made.filter(({ asked }) => asked.Labels["fizz.digest"] !== digest);
  }

  get #socket(): string {
    return join(this.#folder, "docker.sock");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isSilent) return;
    const url = new URL(request.url ?? "/", "http://engine");
    const path = url.pathname.replace(/^\/v[\d.]+/, "");
    if (path === "/events") this.eventsAsked += 1;
    if (this.refusal !== undefined && path !== "/info") {
      response.writeHead(this.refusal.status, { "content-type": "application/json" });
      response.end(JSON.stringify({ message: this.refusal.message }));
      return;
    }
    if (path === "/events") {
      response.writeHead(200).flushHeaders();
      return;
    }
    const [status, body] = this.#reply(`${request.method ?? ""} ${path}`, url, await bodyOf(request));
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  }

  #reply(what: string, url: URL, body: unknown): [status: number, body: unknown] {
    const path = what.split("/").at(-1) ?? "";
    switch (what) {
      case "GET /info":
        return [200, { ServerVersion: "28.3.0", NCPU: 8, MemTotal: 1, Architecture: "x86_64", ...this.info }];
      case "GET /containers/json":
        return [200, this.#list(url)];
      case "POST /containers/create":
        return this.#create(url.searchParams.get("name") ?? "", body as AskedContainer);
      case "GET /nodes":
      case "GET /services":
      case "GET /tasks":
        return [200, this.swarm[path as keyof typeof this.swarm] ?? []];
      case "GET /version":
        return [200, { ApiVersion: this.apiVersion }];
      case "POST /services/create":
        this.askedServices.push(body);
        return [201, { ID: `s${this.askedServices.length}` }];
      case "GET /networks":
        return [200, this.networks];
      case "POST /networks/create":
        return [201, { Id: "network" }];
      default:
        return [404, { message: `${what} is not recorded` }];
    }
  }

  #list(url: URL): unknown {
    const filters = JSON.parse(url.searchParams.get("filters") ?? "{}") as { label?: string[] };
    const isListed = ({ Labels }: AskedContainer): boolean =>
      (filters.label ?? []).every((label) => {
        const [name = "", value] = label.split("=");
        return Object.hasOwn(Labels, name) && (value === undefined || Labels[name] === value);
      });
    return this.#made
      .filter(({ asked }) => isListed(asked))
      .map(({ id, asked }) => ({ Id: id, Labels: asked.Labels }));
  }

  #create(name: string, asked: AskedContainer): [status: number, body: unknown] {
    if (this.#made.some((made) => made.name === name)) return [409, { message: "in use" }];
    const id = `c${this.asked.length}`;
    this.asked.push(asked);
    this.#made.push({ id, name, asked });
    return [201, { Id: id }];
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? undefined : JSON.parse(text);
}
