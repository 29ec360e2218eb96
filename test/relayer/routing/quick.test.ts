import { once } from "node:events";
import { type RequestListener } from "node:http";
import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { type FrontLimits } from "../../../relayer/src/routing/http1-front.ts";
import { eventually } from "../support/builders.ts";
import { raw, type RoutedWorld, startRoutedWorld } from "../support/routed-world.ts";

/** Tells what it got, each time with the size of the body. */
const tell: RequestListener = (request, response) => {
  let length = 0;
  request.on("data", (chunk: Buffer) => (length += chunk.length));
  request.on("end", () => response.end(`[${request.method} ${request.url} ${length}]`));
};

describe("a connection whose requests the gateway reads itself", () => {
  const running: RoutedWorld[] = [];
  afterEach(async () => {
    for (const world of running.splice(0)) await world.stop();
  });

  it("gets its answers in order, also when Node's server takes it over in between", async () => {
    const world = await setup(tell);
    const host = `Host: ${world.host}\r\n`;
    const text =
      `GET /1 HTTP/1.1\r\n${host}\r\n` +
      `POST /2 HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello` +
      `GET /nobody HTTP/1.1\r\nHost: nobody.test\r\n\r\n` +
      `POST /3 HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n` +
      `GET /4 HTTP/1.1\r\n${host}Connection: close\r\n\r\n`;
    const answer = await raw(world.port, text, /never/);
    expect(answer.match(/\[[^\]]*\]|HTTP\/1[.]1 404/g)).to.deep.equal([
      "[GET /1 0]",
      "[POST /2 5]",
      "HTTP/1.1 404",
      "[POST /3 3]",
      "[GET /4 0]",
    ]);
  });

  it("may send a request in pieces, and a body in as many as it likes", async () => {
    const world = await setup(tell);
    const client = await open(world);
    let answer = "";
    client.on("data", (chunk) => (answer += String(chunk)));
    client.write(`POST /slow HTTP/1.1\r\nHost: ${world.host}\r\nContent-Length: 6\r\n\r\n`);
    for (const piece of ["a", "bc", "def"]) {
      client.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => answer.includes("[POST /slow 6]"));
    client.write("GET /cut HTT");
    await eventually(() => client.bytesWritten > 0);
    client.write(`P/1.1\r\nHost: ${world.host}\r\n\r\n`);
    await eventually(() => answer.includes("[GET /cut 0]"));
    client.destroy();
  });

  it("is ended with 408 when it asks for nothing", async () => {
    const world = await setup(tell, { headersTimeoutMs: 300 });
    expect(await raw(world.port, "", /never/)).to.match(/^HTTP\/1[.]1 408 /);
    expect(world.gateway.router.counts.guards.header_time).to.equal(1);
    await eventually(() => world.gateway.doors.counts().connections === 0);
  });

  it("that sends on after its answer hears it whole, and is ended", async () => {
    const world = await setup((_request, response) => response.writeHead(403).end("no"));
    const client = await open(world);
    let answer = "";
    client.on("data", (chunk) => (answer += String(chunk)));
    client.write(`POST / HTTP/1.1\r\nHost: ${world.host}\r\nContent-Length: 1000000\r\n\r\nbegun`);
    await eventually(() => answer.endsWith("no\r\n0\r\n\r\n") || answer.endsWith("no"));
    expect(answer)
      .to.match(/^HTTP\/1[.]1 403 /)
      .and.to.match(/\r\nConnection: close\r\n/);
    client.write(Buffer.alloc(999_995));
    await once(client, "close");
  });

  it("that goes before its answer ends the request at the container", async () => {
    let asked = 0;
    let gone = 0;
    const world = await setup((_request, response) => {
      asked += 1;
      response.on("close", () => (gone += 1));
    });
    const line = `GET / HTTP/1.1\r\nHost: ${world.host}\r\n\r\n`;
    for (const [round, text] of [line, `GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n${line}`].entries()) {
      const client = await open(world);
      client.write(text);
      await eventually(() => asked === round + 1);
      client.destroy();
      await eventually(() => gone === round + 1);
    }
    expect(world.gateway.router.counts.outcomes.gone).to.equal(2);
    await eventually(() => world.gateway.doors.counts().connections === 0);
  });

  it("waits with the next request until its caller has read", async () => {
    const asked: string[] = [];
    const world = await setup((request, response) => {
      asked.push(request.url ?? "");
      response.end(Buffer.alloc(request.url === "/big" ? 16 * 1024 * 1024 : 1));
    });
    const client = await open(world);
    client.pause();
    const line = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${world.host}\r\n\r\n`;
    client.write(line("/big") + line("/next"));
    await eventually(() => asked.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(asked).to.deep.equal(["/big"]);
    client.resume();
    await eventually(() => asked.length === 2);
    client.destroy();
  });

  async function open({ port }: RoutedWorld): Promise<Socket> {
    const client = connect(port, "127.0.0.1").on("error", () => undefined);
    await once(client, "connect");
    return client;
  }

  async function setup(origin: RequestListener, limits: FrontLimits = {}): Promise<RoutedWorld> {
    const world = await startRoutedWorld({ origins: [origin], routing: { limits } });
    running.push(world);
    return world;
  }
});
