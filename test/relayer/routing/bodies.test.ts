import { once } from "node:events";
import { createHash, randomBytes } from "node:crypto";
import { type IncomingMessage, request, type RequestListener } from "node:http";
import { connect } from "node:net";
import { expect } from "chai";
import { eventually } from "../support/builders.ts";
import {
  ask,
  raw,
  type RoutedWorld,
  type RoutedWorldInit,
  startRoutedWorld,
} from "../support/routed-world.ts";

const MIB = 1024 * 1024;
const hello: RequestListener = (request, response) => {
  response.end(`hello ${request.url}`);
};
/** Answers with what it got. */
const mirror: RequestListener = (request, response) => {
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers }));
};

describe("what a routed request and its answer carry", () => {
  const running: RoutedWorld[] = [];
  afterEach(async () => {
    for (const world of running.splice(0)) await world.stop();
  });

  it("of HEAD, of 204 and of 304 has no body, and the connection goes on", async () => {
    const world = await setup((request, response) => {
      if (request.url === "/204") response.writeHead(204).end();
      else if (request.url === "/304") response.writeHead(304, { etag: '"x"' }).end();
      else
        response
          .writeHead(200, { "content-length": "1000" })
          .end(request.method === "HEAD" ? "" : "x".repeat(1_000));
    });
    const lines = ["HEAD /", "GET /204", "GET /304", "GET /end"];
    const text = lines.map((line) => `${line} HTTP/1.1\r\nHost: ${world.host}\r\n\r\n`).join("");
    const answer = await raw(world.port, text, /x{1000}$/);
    expect(answer.match(/HTTP\/1[.]1 (200|204|304)/g)).to.deep.equal([
      "HTTP/1.1 200",
      "HTTP/1.1 204",
      "HTTP/1.1 304",
      "HTTP/1.1 200",
    ]);
    expect(answer.match(/[Cc]ontent-[Ll]ength: 1000/g)).to.have.length(2);
  });

  it("carries 100 MB up unchanged, and as much down", async () => {
    const world = await setup(
      (request, response) => {
        response.writeHead(200);
        request.pipe(response);
      },
      { options: { maxBodySize: 104_857_600 } },
    );
    const body = randomBytes(100_000_000);
    const answer = await digestOf(world, body);
    expect(answer).to.equal(createHash("sha256").update(body).digest("hex"));
  }).timeout(120_000);

  it("holds a caller back while the container does not read", async () => {
    let read = (): void => undefined;
    const world = await setup(
      (request, response) => {
        request.pause();
        read = () => {
          request.resume();
          request.on("end", () => response.end("done"));
        };
      },
      { options: { maxBodySize: 104_857_600 } },
    );
    const total = 64 * MIB;
    const outgoing = request({
      port: world.port,
      host: "127.0.0.1",
      method: "POST",
      agent: false,
      headers: { host: world.host, "content-length": total },
    });
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const push = (): void => {
      while (sent < total) {
        sent += chunk.length;
        if (!outgoing.write(chunk)) return void outgoing.once("drain", push);
      }
      outgoing.end();
    };
    push();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(sent, "bytes taken while nobody reads").to.be.below(40 * MIB);
    read();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    expect(response.statusCode).to.equal(200);
    response.resume();
  }).timeout(60_000);

  it("carries trailers both ways, without those that would change the message", async () => {
    const world = await setup((request, response) => {
      request.resume().on("end", () => {
        response.writeHead(200, { trailer: "x-sum" });
        response.write(JSON.stringify(request.trailers));
        response.addTrailers({ "x-sum": "42" });
        response.end();
      });
    });
    const text =
      `POST / HTTP/1.1\r\nHost: ${world.host}\r\nTransfer-Encoding: chunked\r\nTrailer: x-up\r\n\r\n` +
      "3\r\nabc\r\n0\r\nx-up: 7\r\nhost: evil\r\nx-forwarded-for: 6.6.6.6\r\n\r\n";
    const answer = await raw(world.port, text, /x-sum: 42\r\n\r\n$/);
    expect(answer).to.include('{"x-up":"7"}');
  });

  it("streams server-sent events as they come", async () => {
    let push: (text: string) => void = () => undefined;
    const world = await setup((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      push = (text) => response.write(text);
    });
    const outgoing = request({
      port: world.port,
      host: "127.0.0.1",
      agent: false,
      headers: { host: world.host },
    });
    outgoing.end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
      push(text);
      const [chunk] = (await once(response, "data")) as [Buffer];
      expect(chunk.toString()).to.equal(text);
    }
    response.destroy();
  });

  it("that expects leave to send its body gets it from the container, or the container's answer", async () => {
    const world = await setup(hello);
    world.origins[0]?.on("checkContinue", (request: IncomingMessage, response) => {
      if (request.url === "/no") response.writeHead(403).end("no");
      else {
        response.writeContinue();
        request.pipe(response);
      }
    });
    const head = (path: string): string =>
      `POST ${path} HTTP/1.1\r\nHost: ${world.host}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`;
    const client = connect(world.port, "127.0.0.1");
    client.write(head("/yes"));
    expect(String((await once(client, "data"))[0])).to.match(/^HTTP\/1[.]1 100 Continue\r\n\r\n$/);
    client.write("body");
    await eventually(async () => String((await once(client, "data"))[0]).includes("body"));
    client.destroy();
    expect(await raw(world.port, head("/no"), /no$/)).to.match(/^HTTP\/1[.]1 403/);
  });

  it("that is upgraded goes on as a WebSocket, both ways, with bytes that came early", async () => {
    const world = await setup(hello);
    world.origins[0]?.on("upgrade", (_request, socket, head: Buffer) => {
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nwelcome ",
      );
      socket.write(head);
      socket.pipe(socket);
    });
    const handshake = `GET /chat HTTP/1.1\r\nHost: ${world.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`;
    const client = connect(world.port, "127.0.0.1");
    let text = "";
    client.on("data", (chunk) => (text += String(chunk)));
    client.write(`${handshake}early `);
    await eventually(() => text.endsWith("welcome early "));
    expect(text).to.match(/^HTTP\/1[.]1 101 /);
    const body = randomBytes(4 * MIB).toString("hex");
    client.end(body);
    await once(client, "end");
    expect(text.endsWith(`welcome early ${body}`)).to.equal(true);
  }).timeout(30_000);

  it("that asks for another upgrade is answered as if it had not", async () => {
    const world = await setup(mirror);
    const { status, body } = await ask(world, {
      headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABk" },
    });
    expect(status).to.equal(200);
    expect(body).not.to.include("h2c").and.not.to.include("http2-settings");
  });

  async function setup(origin: RequestListener, init: Partial<RoutedWorldInit> = {}): Promise<RoutedWorld> {
    const world = await startRoutedWorld({ origins: [origin], ...init });
    running.push(world);
    return world;
  }

  async function digestOf({ port, host }: RoutedWorld, body: Uint8Array): Promise<string> {
    return await new Promise((resolve, reject) => {
      const outgoing = request(
        { port, host: "127.0.0.1", method: "POST", agent: false, headers: { host } },
        (response) => {
          const digest = createHash("sha256");
          response.on("data", (chunk: Buffer) => digest.update(chunk));
          response.on("error", reject);
          response.on("end", () => {
            resolve(digest.digest("hex"));
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
});
