import { pipeSocket } from "@fizz/protocol/streams";
import { expect } from "chai";
import { createHash, randomBytes } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { createLibp2pPair, type Libp2pPair } from "../../support/libp2p-pair.ts";

const MIB = 1024 * 1024;

describe("pipeSocket", () => {
  let pair: Libp2pPair;
  before(async () => {
    pair = await createLibp2pPair();
  });
  after(async () => {
    await pair.stop();
  });

  it("echoes 12 × 8 MiB in parallel without losing a byte, with half-close", async () => {
    const world = await setup((socket) => socket.pipe(socket));
    const echoes = Array.from({ length: 12 }, () => world.roundTrip(randomBytes(8 * MIB)));
    for (const { sent, received } of await Promise.all(echoes)) expect(received).to.equal(sent);
    await world.stop();
  }).timeout(60_000);

  it("delivers an answer that is written after the client has half-closed", async () => {
    const world = await setup((socket) => {
      const hash = createHash("sha256");
      socket.on("data", (chunk) => hash.update(chunk));
      socket.on("end", () => setTimeout(() => socket.end(hash.digest("hex")), 100));
    });
    const body = randomBytes(3 * MIB);
    const { answer } = await world.exchange(body);
    expect(answer.toString()).to.equal(createHash("sha256").update(body).digest("hex"));
    await world.stop();
  });

  it("delivers it through a socket that was made to end both halves at once", async () => {
    const { outbound, inbound } = await pair.open();
    const server = createServer((socket) => {
      void pipeSocket(outbound, socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    inbound.addEventListener("end", () => {
      inbound.send(Buffer.from("the answer"));
      void inbound.close();
    });
    const caller = connect({ port: portOf(server), host: "127.0.0.1" });
    caller.end();
    expect(await text(caller)).to.equal("the answer");
    server.close();
  });

  it("breaks the caller's connection when the link is lost in the middle, whoever had ended before", async () => {
    const lost = await createLibp2pPair();
    const sockets: Socket[] = [];
    const server = await listen((socket) => {
      sockets.push(socket);
      void lost.open().then(({ outbound, inbound }) => {
        inbound.send(Buffer.from("half of an answer"));
        void pipeSocket(outbound, socket);
      });
    });
    const callers = [true, false].map(async (endsFirst) => {
      const caller = connect({ port: portOf(server), host: "127.0.0.1", allowHalfOpen: true });
      if (endsFirst) caller.end("question");
      else caller.write("question");
      await new Promise((resolve) => caller.once("data", resolve));
      return await new Promise<string>((resolve) => {
        caller.once("end", () => {
          resolve("an end");
        });
        caller.once("error", ({ message }) => {
          resolve(message);
        });
        caller.resume();
        setTimeout(() => {
          lost.lose();
        }, 50);
      });
    });
    const seen = await Promise.all(callers);
    for (const socket of sockets) socket.destroy();
    server.close();
    await lost.stop();
    expect(seen).to.deep.equal(["read ECONNRESET", "read ECONNRESET"]);
  });

  it("holds a fast sender back while the reader sleeps, and then delivers everything", async () => {
    const total = 64 * MIB;
    let written = 0;
    const world = await setup((socket) => {
      const chunk = Buffer.alloc(64 * 1024, 7);
      const push = (): void => {
        while (written < total) {
          written += chunk.length;
          if (!socket.write(chunk)) return void socket.once("drain", push);
        }
        socket.end();
      };
      push();
    });
    const client = world.connect();
    client.pause();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(written, "bytes taken while nobody reads").to.be.below(40 * MIB);
    let received = 0;
    client.on("data", (chunk) => (received += chunk.length));
    client.resume();
    await new Promise((resolve) => client.once("end", resolve));
    expect(received).to.equal(total);
    client.destroy();
    await world.stop();
  }).timeout(60_000);

  it("destroys the origin's socket when the client is reset, and the client's when the origin is", async () => {
    const originClosed = Promise.withResolvers<undefined>();
    const world = await setup((socket) => {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        originClosed.resolve(undefined);
      });
      socket.write("hello");
    });
    const client = world.connect();
    await new Promise((resolve) => client.once("data", resolve));
    client.resetAndDestroy();
    await originClosed.promise;
    await world.stop();
  });

  /** client socket → (gateway) pipeSocket → libp2p stream → (node) pipeSocket → origin. */
  async function setup(origin: (socket: Socket) => void) {
    const originServer = await listen(origin);
    const pipes: Promise<unknown>[] = [];
    const gateway = await listen((socket) => {
      socket.pause();
      pipes.push(join(socket, portOf(originServer)));
    });
    const connectClient = (): Socket =>
      connect({ port: portOf(gateway), host: "127.0.0.1", allowHalfOpen: true });
    const exchange = async (body: Buffer): Promise<{ answer: Buffer }> => {
      const client = connectClient();
      client.end(body);
      const chunks: Buffer[] = [];
      for await (const chunk of client) chunks.push(chunk as Buffer);
      return { answer: Buffer.concat(chunks) };
    };
    return {
      connect: connectClient,
      exchange,
      roundTrip: async (body: Buffer) => {
        const { answer } = await exchange(body);
        return { sent: digest(body), received: digest(answer) };
      },
      stop: async () => {
        await Promise.all(pipes);
        for (const server of [gateway, originServer]) await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  async function join(socket: Socket, originPort: number): Promise<void> {
    const { outbound, inbound } = await pair.open();
    const target = connect({ port: originPort, host: "127.0.0.1", allowHalfOpen: true });
    await Promise.all([pipeSocket(outbound, socket), pipeSocket(inbound, target)]);
  }

  async function listen(onSocket: (socket: Socket) => void): Promise<Server> {
    const server = createServer({ allowHalfOpen: true }, onSocket);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  function portOf(server: Server): number {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  function digest(body: Buffer): string {
    return createHash("sha256").update(body).digest("hex");
  }
});
