import { ProtocolError } from "@fizz/protocol/errors";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { type RelayedRequest, toWire } from "@fizz/protocol/messages";
import { type SignedForwardRequest } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { HttpServer } from "../../../relayer/src/http/http-server.ts";
import { type RequestBackend } from "../../../relayer/src/request-ports.ts";
import { codeOf } from "../../support/code-of.ts";
import { hash, MARKET, memoryHttpMeter, memoryLogger, nodeFacts } from "../support/builders.ts";

const SIGNED: SignedForwardRequest = {
  request: {
    from: nodeFacts().operator,
    to: MARKET,
    value: 0n,
    gas: 2n ** 200n,
    nonce: 7n,
    deadline: 2 ** 48 - 1,
    data: "0x1234",
  },
  signature: `0x${"11".repeat(65)}`,
};
const TAKEN: RelayedRequest = {
  id: hash(1),
  signer: SIGNED.request.from,
  nonce: 7n,
  state: "mined",
  txHash: hash(2),
  block: 5n,
  code: null,
  reason: null,
  receivedAt: 3,
};

describe("the HTTP API of relayed requests", () => {
  const running: HttpServer[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
  });

  it("serves what the shared client sends and reads", async () => {
    const seen: unknown[] = [];
    const note = <Result>(what: unknown, result: Result): Promise<Result> => {
      seen.push(what);
      return Promise.resolve(result);
    };
    const queue = { signer: SIGNED.request.from, nextNonce: 8n, requests: [TAKEN] };
    const { api } = await listen({
      relay: (signed) => note(signed, TAKEN),
      find: (id) => note(id, TAKEN),
      queueOf: (signer) => note(signer, queue),
    });
    expect(await api.relay(SIGNED)).to.deep.equal(TAKEN);
    expect(await api.relayedRequest(TAKEN.id)).to.deep.equal(TAKEN);
    expect(await api.signerQueue(SIGNED.request.from)).to.deep.equal(queue);
    expect(seen).to.deep.equal([SIGNED, TAKEN.id, SIGNED.request.from]);
  });

  it("answers 202 to what it took, and refusals with their status, code and details", async () => {
    const { app, api } = await listen({
      find: () => Promise.reject(new ProtocolError("REQUEST_NOT_FOUND", "none")),
      queueOf: () => {
        const details = { expected: "3" };
        return Promise.reject(new ProtocolError("REQUEST_OUT_OF_ORDER", "no", { details }));
      },
    });
    expect((await app.inject({ method: "POST", url: "/v1/requests", ...json(SIGNED) })).statusCode).to.equal(
      202,
    );
    expect((await app.inject(`/v1/requests/${hash(1)}`)).statusCode).to.equal(404);
    expect(await codeOf(api.relayedRequest(hash(1)))).to.equal("REQUEST_NOT_FOUND");
    const error = await api.signerQueue(SIGNED.request.from).catch((cause: unknown) => cause);
    expect(error).to.have.nested.property("details.expected", "3");
  });

  it("refuses what is no request: too large, too much, too little, or of another shape", async () => {
    const { app } = await listen({});
    const { request, signature } = SIGNED;
    const bodies: readonly (readonly [unknown, number])[] = [
      [{}, 400],
      [{ request, signature: "0x11" }, 400],
      [{ request: { ...request, deadline: 2 ** 48 }, signature }, 400],
      [{ request: { ...request, value: -1 }, signature }, 400],
      [{ request: { ...request, extra: 1 }, signature }, 400],
      [{ request: { ...request, data: `0x${"11".repeat(4_097)}` }, signature }, 400],
      [{ request: { ...request, data: `0x${"11".repeat(6_000)}` }, signature }, 413],
    ];
    for (const [body, status] of bodies)
      expect((await app.inject({ method: "POST", url: "/v1/requests", ...json(body) })).statusCode).to.equal(
        status,
      );
    for (const url of ["/v1/requests", "/v1/requests?signer=0x12", "/v1/requests/0x12"])
      expect((await app.inject(url)).statusCode).to.equal(400);
  });

  it("counts a request as five calls", async () => {
    const { app } = await listen({}, 10);
    const post = async (): Promise<number> =>
      (await app.inject({ method: "POST", url: "/v1/requests", ...json(SIGNED) })).statusCode;
    expect([await post(), await post(), await post()]).to.deep.equal([202, 202, 429]);
  });

  async function listen(changes: Partial<RequestBackend>, rateLimit = 1_000) {
    const requests: RequestBackend = {
      relay: () => Promise.resolve(TAKEN),
      find: () => Promise.resolve(TAKEN),
      queueOf: (signer) => Promise.resolve({ signer, nextNonce: 0n, requests: [] }),
      ...changes,
    };
    // None of the other routes is called here.
    const components = { backend: {} as never, requests, meter: memoryHttpMeter(), logger: memoryLogger() };
    const server = new HttpServer(components, { host: "127.0.0.1", port: 0, rateLimit });
    running.push(server);
    const port = await server.start();
    return { app: await server.build(), api: gatewayApi({ baseUrl: `http://127.0.0.1:${port}`, fetch }) };
  }

  function json(body: unknown) {
    return { headers: { "content-type": "application/json" }, payload: toWire(body) };
  }
});
