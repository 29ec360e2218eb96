import { setTimeout as sleep } from "node:timers/promises";
import { ProtocolError } from "@fizz/protocol/errors";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { type ControlAuth, type LogLine, toWire } from "@fizz/protocol/messages";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { HttpServer } from "../../../relayer/src/http/http-server.ts";
import { type Backend } from "../../../relayer/src/ports.ts";
import { codeOf } from "../../support/code-of.ts";
import {
  CONTRACTS,
  delivery,
  eventually,
  hash,
  memoryHttpMeter,
  memoryLogger,
  nodeFacts,
} from "../support/builders.ts";
import { directoryWorld } from "../support/directory-world.ts";

const SIGNATURE = `0x${"11".repeat(65)}` as const;
const RECEIPT = {
  receipt: { lid: 1n, leaseHash: hash(0xaa), manifestHash: hash(0xbb) },
  signature: SIGNATURE,
};
const PLACE = { service: "web", replica: 0, stream: "stdout" } as const;
const LINE: LogLine = { ...PLACE, at: 5, text: "hello", cursor: "c/stdout@5.0.0" };

describe("the HTTP API", () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("serves what the shared client reads: network, quotes, manifest", async () => {
    const { url } = await listen();
    const api = gatewayApi({ baseUrl: url, fetch });
    expect((await api.network()).subnetId).to.equal(1);
    const order = { openPart: {}, openSalt: hash(1), tenant: zeroAddress, token: zeroAddress };
    expect(await api.quotes(order)).to.deep.equal({ quotes: [], refusals: [] });
    expect(await api.deliverManifest(delivery())).to.deep.equal(RECEIPT);
  });

  it("passes a revocation on, and the node's answer back", async () => {
    const asked: unknown[] = [];
    const answer = {
      receipt: { receipt: { revocation: hash(0xcc), at: 5 }, signature: SIGNATURE },
      ended: 2,
    };
    const { url, app } = await listen({
      revoke: (lid, signed) => {
        asked.push([lid, signed]);
        return Promise.resolve(answer);
      },
    });
    const sessionKey = `0x${"00".repeat(33)}` as const;
    const revocation = { tenant: zeroAddress, nodeId: 1n, leaseHash: hash(0xaa), sessionKey, upTo: 9 };
    const signed = { revocation, signature: SIGNATURE };
    expect(await gatewayApi({ baseUrl: url, fetch }).revoke(3n, signed)).to.deep.equal(answer);
    expect(asked).to.deep.equal([[3n, signed]]);
    const body = json({ revocation: { ...revocation, more: 1 }, signature: SIGNATURE });
    const refused = await app.inject({ method: "POST", url: "/v1/leases/3/revocations", ...body });
    expect(refused.statusCode).to.equal(400);
  });

  it("answers 202 when the delivery is kept", async () => {
    const { app, url } = await listen({ deliverManifest: () => Promise.resolve(undefined) });
    const answer = await app.inject({ method: "POST", url: "/v1/leases/1/manifest", ...json(delivery()) });
    expect(answer.statusCode).to.equal(202);
    expect(answer.json()).to.deep.equal({ pending: true });
    expect(await gatewayApi({ baseUrl: url, fetch }).deliverManifest(delivery())).to.equal(undefined);
  });

  it("turns every error into its status, code and sentence, and hides bugs", async () => {
    const failures: readonly (readonly [Error, number, string])[] = [
      [new ProtocolError("NODE_OFFLINE", "away"), 503, "NODE_OFFLINE"],
      [new ProtocolError("LEASE_NOT_FOUND", "none"), 404, "LEASE_NOT_FOUND"],
      [new ProtocolError("GRANT_SCOPE", "no"), 403, "GRANT_SCOPE"],
      [new TypeError("secret of the inside"), 500, "INTERNAL"],
    ];
    for (const [failure, status, code] of failures) {
      const { app } = await listen({ challenge: () => Promise.reject(failure) });
      const answer = await app.inject({ method: "POST", url: "/v1/leases/1/challenge" });
      expect(answer.statusCode).to.equal(status);
      expect(answer.json()).to.have.nested.property("error.code", code);
      expect(answer.body).not.to.contain("secret of the inside");
    }
  });

  it("refuses broken, oversized and contradictory bodies", async () => {
    const { app } = await listen();
    const post = async (url: string, payload: string): Promise<[number, unknown]> => {
      const headers = { "content-type": "application/json" };
      const answer = await app.inject({ method: "POST", url, headers, payload });
      return [answer.statusCode, answer.json<{ error: { code: string } }>().error.code];
    };
    expect(await post("/v1/quotes", "{")).to.deep.equal([400, "INPUT_INVALID"]);
    expect(await post("/v1/quotes", "{}")).to.deep.equal([400, "INPUT_INVALID"]);
    expect(await post("/v1/quotes", `"${"x".repeat(300_000)}"`)).to.deep.equal([413, "INPUT_TOO_LARGE"]);
    expect(await post("/v1/leases/2/manifest", toWire(delivery()))).to.deep.equal([400, "INPUT_INVALID"]);
    expect(await post("/v1/leases/-1/challenge", "{}")).to.deep.equal([400, "INPUT_INVALID"]);
    expect(await post("/v1/nothing", "{}")).to.deep.equal([400, "INPUT_INVALID"]);
  });

  it("lets every origin in", async () => {
    const { app } = await listen();
    const answer = await app.inject({ url: "/v1/health", headers: { origin: "https://anywhere.example" } });
    expect(answer.headers["access-control-allow-origin"]).to.equal("*");
    expect(answer.json()).to.include({ status: "ok" });
  });

  it("slows a caller down that calls too often", async () => {
    const { app } = await listen({}, 3);
    for (let n = 0; n < 3; n += 1) expect((await app.inject("/v1/health")).statusCode).to.equal(200);
    const answer = await app.inject("/v1/health");
    expect(answer.statusCode).to.equal(429);
    expect(answer.json()).to.have.nested.property("error.code", "RATE_LIMITED");
  });

  it("counts the /64 of an IPv6 address as one caller", async () => {
    const { app } = await listen({}, 2);
    const statusFrom = async (remoteAddress: string): Promise<number> =>
      (await app.inject({ url: "/v1/health", remoteAddress })).statusCode;
    expect(await statusFrom("2001:db8:0:1::1")).to.equal(200);
    expect(await statusFrom("2001:db8:0:1:ffff::2")).to.equal(200);
    expect(await statusFrom("2001:db8:0:1:1:2:3:4")).to.equal(429);
    expect(await statusFrom("2001:db8:0:2::1")).to.equal(200);
  });

  it("asks for a proof before it looks for a node", async () => {
    const { app } = await listen();
    expect((await app.inject("/v1/leases/1/status")).json()).to.have.nested.property(
      "error.code",
      "SESSION_NOT_PROVEN",
    );
    const broken = { authorization: "Fizz not-json" };
    const answer = await app.inject({ url: "/v1/leases/1/status", headers: broken });
    expect(answer.json()).to.have.nested.property("error.code", "INPUT_INVALID");
  });

  it("streams what the containers use, one snapshot a line", async () => {
    let seen: unknown;
    const { app } = await listen({
      // eslint-disable-next-line @typescript-eslint/require-await -- a source that never waits
      stats: async function* (lid, request) {
        seen = { lid, query: request.query };
        yield [{ at: 1, replicas: [] }];
        yield [{ at: 2, replicas: [] }];
      },
    });
    const ask = async (query: string): Promise<string> => {
      const headers = { authorization: authorization() };
      return (await app.inject({ url: `/v1/leases/7/stats${query}`, headers })).body;
    };
    const answer = await ask("?follow=true&service=web&replica=1");
    expect(answer).to.equal('{"at":1,"replicas":[]}\n{"at":2,"replicas":[]}\n');
    expect(seen).to.deep.equal({ lid: 7n, query: { follow: true, service: "web", replica: 1 } });
    await ask("");
    expect(seen).to.deep.equal({ lid: 7n, query: { follow: false } });
    expect(await ask("?replica=-1")).to.contain("INPUT_INVALID");
  });

  it("passes the grant and the query on and streams lines", async () => {
    let seen: unknown;
    const { app } = await listen({
      // eslint-disable-next-line @typescript-eslint/require-await -- a source that never waits
      logs: async function* (lid, request) {
        seen = { lid, query: request.query, tenant: request.auth.signed.grant.tenant };
        yield [LINE, { ...LINE, text: "two" }];
        yield [{ ...LINE, text: "three" }];
      },
    });
    const url = "/v1/leases/7/logs?follow=true&tail=5&service=web&replica=1&since=99&search=a%20b";
    const answer = await app.inject({ url, headers: { authorization: authorization() } });
    expect(answer.headers["content-type"]).to.contain("application/x-ndjson");
    const texts = answer.body
      .trim()
      .split("\n")
      .map((text) => (JSON.parse(text) as LogLine).text);
    expect(texts).to.deep.equal(["hello", "two", "three"]);
    const query = {
      follow: true,
      tail: 5,
      service: "web",
      startup: false,
      replica: 1,
      since: 99,
      search: "a b",
    };
    expect(seen).to.deep.equal({ lid: 7n, query, tenant: nodeFacts().owner });
  });

  it("answers with the node's refusal as a status when it comes before the first line", async () => {
    const { app } = await listen({
      events: async function* () {
        await Promise.resolve();
        throw new ProtocolError("GRANT_EXPIRED", "too old");
      },
    });
    const answer = await app.inject({
      url: "/v1/leases/7/events",
      headers: { authorization: authorization() },
    });
    expect([answer.statusCode, answer.json<{ error: { code: string } }>().error.code]).to.deep.equal([
      401,
      "GRANT_EXPIRED",
    ]);
  });

  it("ends a stream that breaks later with the error as its last line", async () => {
    const { app } = await listen({
      logs: async function* () {
        yield [LINE];
        await sleep(5);
        throw new ProtocolError("NODE_OFFLINE", "gone");
      },
    });
    const answer = await app.inject({
      url: "/v1/leases/7/logs",
      headers: { authorization: authorization() },
    });
    const last = JSON.parse(answer.body.trim().split("\n").at(-1) ?? "") as unknown;
    expect(last).to.have.nested.property("error.code", "NODE_OFFLINE");
  });

  it("stops reading from the node when the caller goes away, and never reads ahead of a slow one", async () => {
    let produced = 0;
    let ended = false;
    const { url } = await listen({
      logs: async function* (_, __, signal) {
        try {
          while (!signal.aborted) {
            produced += 1;
            await sleep(0);
            yield Array.from({ length: 100 }, () => ({ ...LINE, text: "x".repeat(1_000) }));
          }
        } finally {
          ended = true;
        }
      },
    });
    const caller = new AbortController();
    const headers = { authorization: authorization() };
    const answer = await fetch(`${url}/v1/leases/7/logs?follow=true`, { headers, signal: caller.signal });
    expect(answer.status).to.equal(200);
    await sleep(1_000);
    const first = produced;
    await sleep(500);
    expect(produced - first, "batches made while nobody reads").to.be.below(10);
    caller.abort();
    await eventually(() => ended);
  });

  it("says which address it cannot have", async () => {
    const { port } = await listen();
    const second = new HttpServer(
      { backend: backend(), meter: memoryHttpMeter(), logger: memoryLogger() },
      { host: "127.0.0.1", port, rateLimit: 10 },
    );
    expect(await codeOf(second.start())).to.equal("CONFIG_INVALID");
    await second.stop();
  });

  async function listen(changes: Partial<Backend> = {}, rateLimit = 1_000) {
    const init = { host: "127.0.0.1", port: 0, rateLimit };
    const server = new HttpServer(
      { backend: backend(changes), meter: memoryHttpMeter(), logger: memoryLogger() },
      init,
    );
    running.push(() => server.stop());
    const port = await server.start();
    return { server, port, url: `http://127.0.0.1:${port}`, app: await server.build() };
  }

  function backend(changes: Partial<Backend> = {}): Backend {
    const world = directoryWorld();
    const missing = (): never => {
      throw new ProtocolError("INTERNAL", "not part of this test");
    };
    const doors = { leases: 0, doors: 0, connections: 0 };
    const chain = { reachable: true, head: "5", lastSeenAt: 1 };
    const health = { status: "ok", version: "1", nodesOnline: 1, uptimeSeconds: 1, history: null } as const;
    const network = {
      version: "1",
      chainId: 31_337,
      contracts: CONTRACTS,
      subnetId: 1,
      operator: zeroAddress,
    };
    return {
      health: () => ({ ...health, chain, doors }),
      network: () => Promise.resolve({ ...network, peerId: "p", multiaddrs: [], publicHost: "127.0.0.1" }),
      directory: world.desk,
      feed: world.feed,
      quotes: () => Promise.resolve({ quotes: [], refusals: [] }),
      deliverManifest: () => Promise.resolve(RECEIPT),
      challenge: missing,
      status: missing,
      revoke: missing,
      logs: missing,
      events: missing,
      stats: missing,
      ...changes,
    };
  }

  function json(body: unknown) {
    return { headers: { "content-type": "application/json" }, payload: toWire(body) };
  }

  function authorization(): string {
    const grant = {
      tenant: nodeFacts().owner,
      nodeId: 1n,
      leaseHash: hash(0xaa),
      sessionKey: `0x02${"22".repeat(32)}` as const,
      scopes: "logs events",
      expiresAt: 2_000_000_000,
    };
    const auth: ControlAuth = { signed: { grant, signature: SIGNATURE } };
    return `Fizz ${Buffer.from(toWire(auth)).toString("base64url")}`;
  }
});
