import { once } from "node:events";
import { type RequestListener } from "node:http";
import { connect } from "node:net";
import { expect } from "chai";
import { type FrontLimits } from "../../../relayer/src/routing/http1-front.ts";
import { eventually } from "../support/builders.ts";
import { raw, type RoutedWorld, startRoutedWorld } from "../support/routed-world.ts";

describe("the guards of the routed doors", () => {
  const running: RoutedWorld[] = [];
  afterEach(async () => {
    for (const world of running.splice(0)) await world.stop();
  });

  it("let no request through whose end two readers could see in two places", async () => {
    const reached: string[] = [];
    const world = await setup((request, response) => {
      reached.push(request.url ?? "");
      request.resume().on("end", () => response.end("through"));
    });
    const hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
    const rows: readonly (readonly [name: string, head: string, body: string])[] = [
      ["length and chunks", "Content-Length: 6\r\nTransfer-Encoding: chunked", `0\r\n\r\n${hidden}`],
      ["chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 6", `0\r\n\r\n${hidden}`],
      ["two lengths", "Content-Length: 0\r\nContent-Length: 40", hidden],
      ["a list of lengths", "Content-Length: 0, 40", hidden],
      ["a signed length", "Content-Length: +5", hidden],
      ["a length in hex", "Content-Length: 0x5", hidden],
      ["two codings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", `0\r\n\r\n${hidden}`],
      ["an unknown coding", "Transfer-Encoding: xchunked", `0\r\n\r\n${hidden}`],
      ["a coding beneath", "Transfer-Encoding: gzip, chunked", "0\r\n\r\n"],
      ["a broken chunk size", "Transfer-Encoding: chunked", `0x1\r\na\r\n0\r\n\r\n${hidden}`],
      ["a chunk longer than its size", "Transfer-Encoding: chunked", `1\r\nab\r\n0\r\n\r\n${hidden}`],
      ["a folded header", "X-A: b\r\n Content-Length: 40", hidden],
      ["a bare line feed", "X-A: b\nContent-Length: 40", hidden],
      ["a bare carriage return", "X-A: b\rContent-Length: 40", hidden],
      ["a space before the colon", "Content-Length : 40", hidden],
      ["a zero byte", "X-A: \0", ""],
      ["a name with a space", "X A: b", ""],
    ];
    for (const [name, head, body] of rows) {
      const before = world.gateway.router.counts.guards.malformed;
      const answer = await raw(
        world.port,
        `POST /shown HTTP/1.1\r\nHost: ${world.host}\r\n${head}\r\n\r\n${body}`,
        /through/,
      );
      expect(answer, name)
        .to.match(/^HTTP\/1[.]1 400 /)
        .and.not.to.include("through");
      expect(world.gateway.router.counts.guards.malformed, name).to.be.above(before);
    }
    expect(reached).not.to.include("/hidden");
  }).timeout(30_000);

  it("refuse a request without a host, with two, or with a line that is none", async () => {
    const world = await setup();
    for (const text of [
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      `GET / HTTP/1.1\r\nHost: ${world.host}\r\nHost: other.test\r\n\r\n`,
      `GET x HTTP/1.1\r\nHost: ${world.host}\r\n\r\n`,
      "SSH-2.0-OpenSSH_9.2\r\n",
    ])
      expect(await raw(world.port, text, /through/), text).to.match(/^HTTP\/1[.]1 400 /);
  });

  it("answer headers over 16 KiB with 431, and count them", async () => {
    const world = await setup();
    const answer = await raw(
      world.port,
      `GET / HTTP/1.1\r\nHost: ${world.host}\r\nX-A: ${"a".repeat(17_000)}\r\n\r\n`,
      /through/,
    );
    expect(answer).to.match(/^HTTP\/1[.]1 431 /);
    expect(await figure(world, 'http_refused_total{guard="header_size"}')).to.equal(1);
  });

  it("end connections whose headers do not come in time, however slowly they drip", async () => {
    const world = await setup(undefined, { headersTimeoutMs: 600, checkEveryMs: 100 });
    const client = connect(world.port, "127.0.0.1");
    let answer = "";
    client.on("data", (chunk) => (answer += String(chunk)));
    client.on("error", () => undefined);
    client.write(`GET / HTTP/1.1\r\nHost: ${world.host}\r\n`);
    const drip = setInterval(() => client.write("X-A: b\r\n"), 50);
    await once(client, "close");
    clearInterval(drip);
    expect(answer).to.match(/^HTTP\/1[.]1 408 /);
    expect(world.gateway.router.counts.guards.header_time).to.equal(1);
    await eventually(() => world.gateway.doors.counts().connections === 0);
  });

  it("end kept connections that ask for nothing more, and no others", async () => {
    const world = await setup(undefined, { keepAliveMs: 300 });
    const client = connect(world.port, "127.0.0.1");
    const ask = async (): Promise<void> => {
      client.write(`GET / HTTP/1.1\r\nHost: ${world.host}\r\n\r\n`);
      await once(client, "data");
    };
    for (let round = 0; round < 200; round += 1) await ask();
    await once(client, "close");
  });

  it("end a request whose body stops coming only when nothing moves, and one that is never read too", async () => {
    const world = await setup((request, response) => request.pipe(response));
    const client = connect(world.port, "127.0.0.1");
    client.write(`POST / HTTP/1.1\r\nHost: ${world.host}\r\nContent-Length: 3\r\n\r\na`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    client.write("bc");
    let answer = "";
    client.on("data", (chunk) => (answer += String(chunk)));
    await eventually(() => answer.includes("abc") || answer.endsWith("0\r\n\r\n"));
    client.destroy();
    await eventually(() => world.gateway.doors.counts().connections === 0);
  });

  it("leave counts of what was answered", async () => {
    const world = await setup();
    await raw(world.port, `GET / HTTP/1.1\r\nHost: ${world.host}\r\nConnection: close\r\n\r\n`, /never/);
    await raw(world.port, "GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n", /HOST_UNKNOWN/);
    expect(await figure(world, 'http_requests_total{outcome="2xx"}')).to.equal(1);
    expect(await figure(world, 'http_requests_total{outcome="4xx"}')).to.equal(1);
    expect(await figure(world, 'http_refused_total{guard="unknown_host"}')).to.equal(1);
    expect(await figure(world, 'connections_total{protocol="http"}')).to.equal(2);
  });

  async function setup(origin?: RequestListener, limits: FrontLimits = {}): Promise<RoutedWorld> {
    const through: RequestListener = (_request, response) => response.end("through");
    const world = await startRoutedWorld({ origins: [origin ?? through], routing: { limits } });
    running.push(world);
    return world;
  }

  async function figure({ gateway }: RoutedWorld, name: string): Promise<number> {
    const { body } = await gateway.meter.text();
    const line = body.split("\n").find((one) => one.startsWith(`fizz_gateway_${name} `));
    return Number(line?.split(" ").at(-1) ?? 0);
  }
});
