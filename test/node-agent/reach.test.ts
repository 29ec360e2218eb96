import { expect } from "chai";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { proberThrough } from "../../node-agent/src/containers/prober.ts";
import { ReachClient } from "../../node-agent/src/reach/reach-client.ts";
import { serveReach } from "../../node-agent/src/reach/reach-server.ts";
import { decodeRequest, FrameReader, frameOf } from "../../node-agent/src/reach/reach-wire.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { codeOf } from "../support/code-of.ts";

const OWN = Object.values(networkInterfaces())
  .flatMap((found) => found ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

describe("the helper that reaches containers", function () {
  this.timeout(20_000);
  const cleanup = new Cleanup();
  const host = OWN ?? "";
  let path = "";
  let helper: Server;
  let reach: ReachClient;

  before(async function () {
    // What it dials is never this machine's loopback.
    if (OWN === undefined) return this.skip();
    path = join(cleanup.use("folder", await createTempDir("reach")).path, "reach.sock");
    helper = await serveReach(path);
    cleanup.defer("helper", () => helper.close());
    reach = new ReachClient(path);
  });

  after(async () => {
    await cleanup.stop();
  });

  it("is asked by the account of the agent alone", async () => {
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it("joins halves that close on their own, in order and whole", async () => {
    const sent = Buffer.alloc(3_000_000, "fizz ");
    const port = await listen((socket) => void reading(socket).then((bytes) => socket.end(bytes)));
    const socket = await reach.connect({ host, port });
    socket.end(sent);
    expect((await reading(socket)).equals(sent)).to.equal(true);
  });

  it("hands a reset on as a reset, both ways", async () => {
    const resetting = await listen((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const ours = await reach.connect({ host, port: resetting });
    ours.write("x");
    expect(await endOf(ours)).to.equal("ECONNRESET");
    let theirs: Promise<string> | undefined;
    const reading = await listen((socket) => {
      theirs = endOf(socket);
      socket.write("ready");
    });
    const socket = await reach.connect({ host, port: reading });
    await once(socket, "data");
    socket.resetAndDestroy();
    expect(await theirs).to.equal("ECONNRESET");
  });

  it("tells a container that does not answer from a helper that does not", async () => {
    const port = await freePort();
    const away = new ReachClient(`${path}.none`);
    expect(await codeOf(reach.connect({ host, port }))).to.equal("SERVICE_UNREACHABLE");
    expect(await codeOf(away.connect({ host, port }))).to.equal("ENGINE_UNREACHABLE");
    const probe = { host, port, path: null };
    expect(await proberThrough(reach).probe(probe, AbortSignal.timeout(5_000))).to.match(/^Nothing answers/);
    expect(await proberThrough(away).probe(probe, AbortSignal.timeout(5_000))).to.equal(null);
  });

  it("asks for a page of a container", async () => {
    const answer = (socket: Socket) => socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    const port = await listen((socket) => socket.once("data", () => answer(socket)));
    const probe = { host, port, path: "/" };
    expect(await proberThrough(reach).probe(probe, AbortSignal.timeout(5_000))).to.match(/answered with 404/);
  });

  it("carries datagrams as they are, the empty one too", async () => {
    const echo = createSocket("udp4");
    cleanup.defer("echo", () => echo.close());
    echo.on("message", (payload, { port, address }) => {
      echo.send(payload, port, address);
    });
    echo.bind(0, host);
    await once(echo, "listening");
    const socket = await reach.openDatagrams({ host, port: echo.address().port });
    const frames = new FrameReader();
    const heard: string[] = [];
    const isDone = new Promise<void>((resolve) => {
      socket.on("data", (chunk: Buffer) => {
        heard.push(...frames.read(chunk).map(String));
        if (heard.length === 3) resolve();
      });
    });
    for (const text of ["one", "", "three"]) socket.write(frameOf(Buffer.from(text)));
    await isDone;
    expect(heard).to.have.members(["one", "", "three"]);
    socket.destroy();
  });

  it("takes nothing else for a request, and lets in nobody without a token", async () => {
    const back = { host: "172.30.0.2", port: 4_000 };
    const request = { transport: "tcp", to: { host: "172.18.0.2", port: 80 }, back, token: "0".repeat(32) };
    const read = (changes: object) => decodeRequest(JSON.stringify({ ...request, ...changes }));
    expect(read({})).to.deep.equal(request);
    for (const to of ["127.0.0.1", "::1", "localhost"].map((name) => ({ host: name, port: 80 })))
      expect(read({ to })).to.equal(undefined);
    for (const changes of [
      { token: "" },
      { more: 1 },
      { transport: "icmp" },
      { back: { host: "x", port: 1 } },
    ])
      expect(read(changes)).to.equal(undefined);
    // The agent's side, found by what the helper is told.
    let place = { host: "", port: 0 };
    const spied = createServer((control) => {
      control.once("data", (line: Buffer) => {
        place = decodeRequest(line.toString().trim())?.back ?? place;
        control.end("failed\n");
      });
    });
    spied.listen(`${path}.spied`);
    cleanup.defer("spied", () => spied.close());
    await codeOf(new ReachClient(`${path}.spied`).connect({ host, port: 1 }));
    const stranger = connect({ ...place });
    stranger.write("f".repeat(32));
    expect((await reading(stranger)).length).to.equal(0);
  });

  async function listen(onSocket: (socket: Socket) => void): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => undefined);
      onSocket(socket);
    });
    server.listen(0, host);
    await once(server, "listening");
    cleanup.defer("server", () => server.close());
    return (server.address() as AddressInfo).port;
  }
});

async function reading(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "end").catch(() => undefined);
  return Buffer.concat(chunks);
}

/** How it ended: a code of the system, or `end`. */
async function endOf(socket: Socket): Promise<string> {
  return await new Promise((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? "");
    });
    socket.on("close", () => {
      resolve("end");
    });
    socket.resume();
  });
}
