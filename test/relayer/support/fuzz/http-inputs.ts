import { Agent, type IncomingMessage, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { jsonText, mutateBytes, mutateJson } from "../../../support/fuzz/mutate.ts";
import { type Random } from "../../../support/fuzz/random.ts";
import { type ApiDocument } from "../api-document.ts";
import { type FuzzSamples } from "./fuzz-samples.ts";

const ANSWER_WITHIN_MS = 30_000;
const STREAM_LOOK_MS = 100;
const MAX_ANSWER = 4_000_000;
const HEADERS_TOO_LONG = 431;
const BODY_TOO_LONG = 413;

export interface HttpInput {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

export type Sample = readonly [
  method: "GET" | "POST",
  path: string,
  query: Record<string, unknown>,
  body?: unknown,
];

/** One right call of each route, or two. */
export function samplesOf({ lid, order, delivery, request, requestId, revocation }: FuzzSamples): Sample[] {
  const owner = (request as { request: { from: string } }).request.from;
  const prices = { token: "native", sort: "price", order: "desc", maxCpuPerHour: "5" };
  const nodes = { region: "eu-west,us", online: "true", minFreeMilliCpu: "5", gpuModel: "a100", limit: "2" };
  return [
    ["GET", "/v1/health", {}],
    ["GET", "/v1/network", {}],
    ["GET", "/v1/openapi.json", {}],
    ["GET", "/v1/nodes", { ...nodes, cursor: "abc" }],
    ["GET", "/v1/nodes", { ...prices, owner, maxTrustTier: "7" }],
    [
      "GET",
      "/v1/nodes",
      { cpuModel: "epyc,xeon", minBandwidthMbps: "5", architecture: "x64", sort: "bandwidth" },
    ],
    ["GET", "/v1/nodes/1", {}],
    ["GET", "/v1/nodes/stream", { cursor: "1-2" }],
    ["POST", "/v1/quotes", {}, { ...(order as object), nodeId: "1", waitSeconds: 0 }],
    ["POST", "/v1/quotes", {}, order],
    ["POST", `/v1/leases/${lid}/manifest`, {}, delivery],
    ["POST", `/v1/leases/${lid}/challenge`, {}, {}],
    ["POST", `/v1/leases/${lid}/revocations`, {}, revocation],
    ["GET", `/v1/leases/${lid}/status`, {}],
    ["GET", `/v1/leases/${lid}/logs`, { service: "web", follow: "true", tail: "5", startup: "1" }],
    ["GET", `/v1/leases/${lid}/events`, { follow: "0", cursor: "3" }],
    ["GET", `/v1/leases/${lid}/stats`, { follow: "0", replica: "3" }],
    ["GET", "/v1/leases", { tenant: owner, nodeId: "1", subnetId: "1", state: "open", limit: "5" }],
    ["GET", `/v1/leases/${lid}/history`, { limit: "5", cursor: "abc" }],
    ["GET", "/v1/earnings", { nodeId: "1", limit: "5", cursor: "abc" }],
    ["POST", "/v1/requests", {}, request],
    ["GET", `/v1/requests/${requestId}`, {}],
    ["GET", "/v1/requests", { signer: owner }],
  ];
}

/** One call, right but for what chance made wrong: in its body, query, path, session or headers. */
export function httpInput(samples: FuzzSamples, random: Random): HttpInput {
  const [method, path, query, body] = random.pick(samplesOf(samples));
  const wrong = (part: number): boolean => random.chance(part);
  const words = wrong(0.5) ? mutateJson(query, random) : query;
  const auth = wrong(0.4) ? mutateJson(samples.auth, random) : samples.auth;
  const text = jsonText(body === undefined ? undefined : wrong(0.7) ? mutateJson(body, random) : body);
  // Nothing waits for a bid here: the fuzz run has other things to do.
  const bytes = Buffer.from(text.replace(/"waitSeconds":\d+/g, '"waitSeconds":0'));
  const sent = wrong(0.15) ? mutateBytes(bytes, random) : bytes;
  const type = wrong(0.05)
    ? random.pick(["text/plain", "application/json; charset=utf-16", "", "a/b"])
    : "application/json";
  const coded = Buffer.from(jsonText(auth)).toString("base64url").slice(0, 12_000);
  const verb = wrong(0.03) ? random.pick(["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"]) : method;
  return {
    method: verb,
    url: addressOf(wrong(0.15) ? twistPath(path, random) : path, words),
    headers: {
      authorization: wrong(0.05) ? printable(random.bytes(40).toString("latin1")) : `Fizz ${coded}`,
      ...(method === "POST" ? { "content-type": type } : {}),
      ...(wrong(0.1) ? { "last-event-id": printable(random.bytes(20).toString("latin1")) } : {}),
    },
    body: verb === "POST" ? sent : undefined,
  };
}

function twistPath(path: string, random: Random): string {
  const parts = path.split("/");
  const at = 2 + random.below(parts.length - 2);
  const odd = [
    "",
    "..",
    "%00",
    "%zz",
    "-1",
    "0",
    `${2n ** 256n}`,
    "9".repeat(90),
    "é",
    "a".repeat(300),
    "*",
    "1e3",
  ];
  parts[at] = random.pick(odd);
  return parts.join("/");
}

export function addressOf(path: string, query: unknown): string {
  const pairs = Object.entries(typeof query === "object" && query !== null ? query : { a: query });
  const words = pairs.map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${encode(name)}=${encode(text.slice(0, 8_000))}`;
  });
  return (
    encodeURI(path.replace(/%(?!00|zz)/g, "%25")).replaceAll("%25", "%") +
    (words.length > 0 ? `?${words.join("&")}` : "")
  );
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function printable(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, "~");
}

export class HttpTarget {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #url: URL;
  readonly #api: ApiDocument;
  /** By route and status. */
  readonly answers: Record<string, number> = {};

  constructor(apiUrl: string, api: ApiDocument) {
    this.#url = new URL(apiUrl);
    this.#api = api;
  }

  /** @returns What is wrong with the answer; undefined when it is one of the document's. */
  async send({ method, url, headers, body }: HttpInput): Promise<string | undefined> {
    const exchanged = await this.#exchange({ method, url, headers, body });
    // The gateway may end the connection of one whose body it does not want.
    if (exchanged === undefined) return undefined;
    const { answer, text } = exchanged;
    const { statusCode: status = 0 } = answer;
    if (status >= 500 && text.includes('"INTERNAL"')) return `${method} ${url}: ${text.slice(0, 300)}`;
    const answered = `${method} ${this.#api.pathOf(url) ?? "nowhere"} ${status}`;
    this.answers[answered] = (this.answers[answered] ?? 0) + 1;
    // Before a route is known, and where there is none.
    if (status === HEADERS_TOO_LONG) return codeFault(text, "INPUT_TOO_LARGE");
    if (method === "OPTIONS" || method === "HEAD")
      return status < 500 ? undefined : `${method} ${url}: ${status}`;
    const type = String(answer.headers["content-type"]);
    const isKnown = this.#api.operations().includes(`${method} ${this.#api.pathOf(url) ?? ""}`);
    if (!isKnown || (status === 400 && isNoRoute(text)))
      return codeFault(text, status === BODY_TOO_LONG ? "INPUT_TOO_LARGE" : "INPUT_INVALID");
    return this.#api.faultOf({ method, url, status, type, body: text });
  }

  /** Bytes that may be no HTTP: a coded refusal, a whole answer, or the end of the connection. */
  async sendRaw(bytes: Buffer): Promise<string | undefined> {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(this.#url.port), this.#url.hostname);
      const chunks: Buffer[] = [];
      const timer = setTimeout(() => {
        socket.destroy();
        // A request that is cut waits for its rest; what matters is that nothing but its caller does.
        resolve(Buffer.concat(chunks).toString("latin1"));
      }, STREAM_LOOK_MS);
      socket.on("data", (chunk) => chunks.push(chunk));
      socket.on("error", () => undefined);
      socket.once("close", () => {
        clearTimeout(timer);
        resolve(Buffer.concat(chunks).toString("latin1"));
      });
      socket.once("connect", () => socket.write(bytes));
      setTimeout(reject, ANSWER_WITHIN_MS, new Error("no connection")).unref();
    });
    return /^HTTP\/1\.1 500 /m.test(text)
      ? `raw ${bytes.toString("latin1").slice(0, 200)}: ${text.slice(0, 300)}`
      : undefined;
  }

  stop(): void {
    this.#agent.destroy();
  }

  async #exchange({
    method,
    url,
    headers,
    body,
  }: HttpInput): Promise<{ answer: IncomingMessage; text: string } | undefined> {
    return await new Promise((resolve, reject) => {
      const { hostname, port } = this.#url;
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      const sent = httpRequest(
        { method, path: url, hostname, port, headers, agent: this.#agent, signal },
        (answer) => {
          let text = "";
          const isEndless = String(answer.headers["content-type"]).startsWith("text/event-stream");
          const over = (): void => {
            resolve({ answer, text });
          };
          answer.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk;
            if (text.length > MAX_ANSWER) answer.destroy(new Error("an answer without an end"));
          });
          answer.once("end", over);
          answer.once("error", isEndless ? over : reject);
          if (isEndless) setTimeout(() => answer.destroy(), STREAM_LOOK_MS);
          if (isEndless) answer.once("close", over);
        },
      );
      sent.once("error", (error: NodeJS.ErrnoException) => {
        // A request that cannot be read has no method either: what refuses it has a body, which a HEAD does not expect.
        const hasBody = method === "HEAD" && error.code === "HPE_CLOSED_CONNECTION";
        if (hasBody || error.code === "ECONNRESET" || error.code === "EPIPE") resolve(undefined);
        else reject(new Error(`${method} ${url.slice(0, 300)}: ${error.message}`));
      });
      sent.end(body);
    });
  }
}

function isNoRoute(text: string): boolean {
  return text.includes("There is no such route") || text.includes("is not a valid url");
}

function codeFault(text: string, code: string): string | undefined {
  const { error } = JSON.parse(text) as { error?: { code?: string } };
  return error?.code === code ? undefined : `no coded refusal: ${text.slice(0, 300)}`;
}
