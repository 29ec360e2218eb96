import { Validator } from "@seriousme/openapi-schema-validator";
import { errorCodes, ProtocolError } from "@fizz/protocol/errors";
import { type ControlAuth, toWire } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type FastifyInstance } from "fastify";
import { zeroAddress } from "viem";
import { contracts, historyContracts, requestContracts } from "../../../relayer/src/http/contracts.ts";
import { HttpServer } from "../../../relayer/src/http/http-server.ts";
import { errorsOf, type RouteContract } from "../../../relayer/src/http/route-contract.ts";
import { type Backend } from "../../../relayer/src/ports.ts";
import { type RequestBackend } from "../../../relayer/src/request-ports.ts";
import { sampleOrder } from "../../support/sample-order.ts";
import {
  LINE,
  REQUEST,
  REVOCATION,
  SIGNATURE,
  TAKEN,
  answeringBackend,
  answeringHistory,
} from "../support/api-answers.ts";
import { ApiDocument, routesOf } from "../support/api-document.ts";
import { delivery, hash, memoryHttpMeter, memoryLogger, nodeFacts } from "../support/builders.ts";
import { exchange } from "../support/tunnel-node.ts";

const { owner } = nodeFacts();

describe("the API document", () => {
  const running: HttpServer[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
  });

  it("is valid OpenAPI 3.1", async () => {
    const { api } = await setup();
    const { valid, errors } = await new Validator().validate(
      structuredClone(api.document) as unknown as Record<string, unknown>,
    );
    expect(errors).to.equal(undefined);
    expect(valid).to.equal(true);
    const said = JSON.stringify(api.document);
    expect(said, "a schema that nothing is told of").not.to.include('"schema":{}');
    const names = [...said.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name ?? "",
    );
    const { components } = api.document as unknown as { components: { schemas: object } };
    expect(names.filter((name) => !(name in components.schemas))).to.deep.equal([]);
  });

  it("has every route of the server, and no other", async () => {
    const { app, api } = await setup();
    const served = routesOf(app);
    expect(served).to.include("GET /v1/nodes/stream");
    expect(served).to.have.length(
      Object.keys({ ...contracts, ...historyContracts, ...requestContracts }).length + 1,
    );
    expect(api.operations().sort()).to.deep.equal(served);
  });

  it("leaves the routes out that a gateway does not have", async () => {
    const { app, api } = await setup({}, { requests: false });
    expect(api.operations().sort()).to.deep.equal(routesOf(app));
    expect(api.operations().some((name) => /requests|history|earnings/.test(name))).to.equal(false);
  });

  it("tells the shape of every answer", async () => {
    const { app, api } = await setup();
    const seen = new Set<string>();
    const ask = async (method: "GET" | "POST", url: string, body?: unknown): Promise<number> => {
      const answer = await inject(app, { method, url, body });
      expect(api.faultOf({ method, url, ...answer })).to.equal(undefined);
      if (answer.status < 400) seen.add(`${method} ${api.pathOf(url) ?? ""}`);
      return answer.status;
    };
    const order = { ...sampleOrder(), tenant: owner, token: zeroAddress };
    const { openPart, openSalt, tenant, token } = order;
    await ask("GET", "/v1/health");
    await ask("GET", "/v1/network");
    await ask("GET", "/v1/nodes?mode=fizz&limit=1");
    await ask("GET", "/v1/nodes/1");
    await ask("POST", "/v1/quotes", { openPart, openSalt, tenant, token });
    await ask("POST", "/v1/leases/1/manifest", delivery());
    expect(await ask("POST", "/v1/leases/2/manifest", { ...delivery(), lid: 2n })).to.equal(202);
    await ask("POST", "/v1/leases/1/challenge");
    await ask("POST", "/v1/leases/1/revocations", REVOCATION);
    for (const what of ["status", "logs?tail=5&follow=1", "events?cursor=0", "stats?replica=0"])
      await ask("GET", `/v1/leases/1/${what}`);
    await ask("POST", "/v1/requests", REQUEST);
    await ask("GET", `/v1/requests/${hash(1)}`);
    await ask("GET", `/v1/requests?signer=${owner}`);
    await ask("GET", "/v1/leases?state=active&limit=5");
    await ask("GET", "/v1/leases/1/history");
    await ask("GET", "/v1/earnings?nodeId=1");
    await ask("GET", "/v1/openapi.json");
    // A stream does not end by itself: directory-stream.test.ts holds its events.
    expect([...seen].sort()).to.deep.equal(
      api
        .operations()
        .filter((name) => name !== "GET /v1/nodes/stream")
        .sort(),
    );
  });

  it("tells every code of every route, in the one shape of refusals", async () => {
    const { app, api, fail } = await setup();
    for (const [contract, method, url, body] of backendCalls())
      for (const code of errorsOf(contract)) {
        fail(new ProtocolError(code, "no", { details: { why: "a test" } }));
        const answer = await inject(app, { method, url, body });
        expect([url, answer.status]).to.deep.equal([url, errorCodes[code].status]);
        expect(JSON.parse(answer.body)).to.have.nested.property("error.code", code);
        expect(api.faultOf({ method, url, ...answer })).to.equal(undefined);
        if (answer.status === 429) expect(Number(answer.retryAfter)).to.be.above(0);
      }
  });

  it("does not tell a code that a route does not have, and the log says when there is one", async () => {
    const { app, api, fail, logger } = await setup();
    fail(new ProtocolError("INSUFFICIENT_FUNDS", "no"));
    const answer = await inject(app, { method: "GET", url: "/v1/network" });
    expect(api.faultOf({ method: "GET", url: "/v1/network", ...answer })).to.include("answers no 402");
    expect(logger.events).to.include("http.undocumented");
  });

  it("tells how long what breaks later goes on: an error as the last line", async () => {
    const { app, api } = await setup({
      logs: async function* () {
        yield [LINE];
        await Promise.resolve();
        throw new ProtocolError("NODE_OFFLINE", "gone");
      },
    });
    const url = "/v1/leases/1/logs";
    const answer = await inject(app, { method: "GET", url });
    expect(answer.body).to.include("NODE_OFFLINE");
    expect(api.faultOf({ method: "GET", url, ...answer })).to.equal(undefined);
    const broken = { ...answer, body: `${toWire({ ...LINE, stream: "stdin" })}\n` };
    expect(api.faultOf({ method: "GET", url, ...broken })).to.include("x-line");
  });

  it("tells the headers that pages of other origins may read, and lets them ask", async () => {
    const { app } = await setup();
    const headers = { origin: "https://anywhere.example" };
    const answer = await app.inject({ url: "/v1/health", headers });
    expect(answer.headers["access-control-allow-origin"]).to.equal("*");
    expect(answer.headers["access-control-expose-headers"]).to.include("retry-after");
    const preflight = await app.inject({
      ...{ method: "OPTIONS", url: "/v1/leases/1/logs" },
      headers: { ...headers, "access-control-request-method": "GET" },
    });
    expect(preflight.statusCode).to.equal(204);
    expect(preflight.headers["access-control-allow-headers"]).to.include("authorization");
    expect(preflight.headers["access-control-allow-credentials"]).to.equal(undefined);
  });

  it("refuses in the same shape what has no route, or is no HTTP", async () => {
    const { server, app } = await setup();
    for (const url of ["/", "/v1/nothing", "/v1/nodes/%zz", `/v1/nodes/${"9".repeat(200)}`]) {
      const answer = await app.inject(url);
      expect([url, answer.statusCode]).to.deep.equal([url, 400]);
      expect(answer.json()).to.have.nested.property("error.code", "INPUT_INVALID");
    }
    const port = await server.start();
    const cases = [
      ["NOT HTTP\r\n\r\n", 400, "INPUT_INVALID"],
      [`GET /v1/health HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, 431, "INPUT_TOO_LARGE"],
    ] as const;
    for (const [bytes, status, code] of cases) {
      const answer = (await exchange(port, Buffer.from(bytes))).toString();
      expect(answer).to.include(`HTTP/1.1 ${status} `);
      expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).to.have.nested.property("error.code", code);
    }
  });

  it("counts calls of no route, as it counts all others", async () => {
    const { app, meter } = await setup({}, { requests: true, rateLimit: 3 });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await app.inject("/v1/nothing")).statusCode);
    // The document was the first call.
    expect(statuses).to.deep.equal([400, 400, 429, 429]);
    expect(meter.limits).to.deep.equal(["address", "address"]);
  });

  function backendCalls(): [RouteContract, "GET" | "POST", string, unknown?][] {
    const { openPart, openSalt } = sampleOrder();
    return [
      [contracts.network, "GET", "/v1/network"],
      [contracts.quotes, "POST", "/v1/quotes", { openPart, openSalt, tenant: owner, token: zeroAddress }],
      [contracts.manifest, "POST", "/v1/leases/1/manifest", delivery()],
      [contracts.challenge, "POST", "/v1/leases/1/challenge"],
      [contracts.revoke, "POST", "/v1/leases/1/revocations", REVOCATION],
      [contracts.status, "GET", "/v1/leases/1/status"],
      [contracts.logs, "GET", "/v1/leases/1/logs"],
      [contracts.events, "GET", "/v1/leases/1/events"],
      [contracts.stats, "GET", "/v1/leases/1/stats"],
      [historyContracts.leases, "GET", "/v1/leases"],
      [historyContracts.leaseHistory, "GET", "/v1/leases/1/history"],
      [historyContracts.earnings, "GET", "/v1/earnings?subnetId=1"],
      [requestContracts.relay, "POST", "/v1/requests", REQUEST],
      [requestContracts.request, "GET", `/v1/requests/${hash(1)}`],
      [requestContracts.queue, "GET", `/v1/requests?signer=${owner}`],
    ];
  }

  async function setup(
    changes: Partial<Backend> = {},
    { requests: relays, rateLimit = 100_000 }: { requests: boolean; rateLimit?: number } = { requests: true },
  ) {
    let failure: ProtocolError | undefined;
    const orFail = <Value>(value: Value): Promise<Value> =>
      failure === undefined ? Promise.resolve(value) : Promise.reject(failure);
    const requests: RequestBackend = {
      relay: () => orFail(TAKEN),
      find: () => orFail(TAKEN),
      queueOf: () => orFail({ signer: owner, nextNonce: 8n, requests: [TAKEN] }),
    };
    const logger = memoryLogger();
    const meter = memoryHttpMeter();
    const server = new HttpServer(
      {
        backend: { ...(await answeringBackend(orFail)), ...changes },
        ...(relays ? { requests, history: answeringHistory(orFail) } : {}),
        logger,
        meter,
      },
      { host: "127.0.0.1", port: 0, rateLimit },
    );
    running.push(server);
    const app = await server.build();
    const api = new ApiDocument((await app.inject("/v1/openapi.json")).json());
    const fail = (error: ProtocolError): void => {
      failure = error;
    };
    return { server, app, api, fail, logger, meter };
  }
});

async function inject(
  app: FastifyInstance,
  { method, url, body }: { readonly method: "GET" | "POST"; readonly url: string; readonly body?: unknown },
) {
  const grant = {
    ...{ tenant: owner, nodeId: 1n, leaseHash: hash(0xaa), sessionKey: `0x02${"22".repeat(32)}` as const },
    ...{ scopes: "logs events", expiresAt: 2_000_000_000 },
  };
  const auth: ControlAuth = { signed: { grant, signature: SIGNATURE } };
  const authorization = `Fizz ${Buffer.from(toWire(auth)).toString("base64url")}`;
  const sent = body === undefined ? {} : { payload: toWire(body) };
  const headers = { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) };
  const answer = await app.inject({ method, url, headers, ...sent });
  return {
    status: answer.statusCode,
    type: String(answer.headers["content-type"]),
    body: answer.body,
    retryAfter: answer.headers["retry-after"],
  };
}
