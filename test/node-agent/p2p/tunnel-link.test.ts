import { ProtocolError } from "@fizz/protocol/errors";
import { protocols } from "@fizz/protocol/messages";
import { type ByteStream, type Mux, muxOver } from "@fizz/protocol/streams";
import { type Connection } from "@libp2p/interface";
import { expect } from "chai";
import { createServer, type Socket } from "node:net";
import { generatePrivateKey } from "viem/accounts";
import { serveTunnelLink } from "../../../node-agent/src/p2p/tunnel-link.ts";
import { until } from "../../support/until.ts";
import { hashOf } from "../support/builders.ts";
import { createTestHost } from "../support/loopback-gateway.ts";
import { silentLog } from "../support/silent-log.ts";

const LEASE = hashOf("lease");

describe("a node's end of the tunnel link", function () {
  this.timeout(60_000);

  it("joins each channel with a socket of its own, and frees all of them: 1,000, one after the other and together", async () => {
    const { port, mux, accepted } = await setup((socket) => socket.pipe(socket));
    const before = process.getActiveResourcesInfo().length;
    for (let round = 0; round < 10; round += 1) {
      const echoes = Array.from({ length: 100 }, (_, index) =>
        echo(open(mux, port).stream, `${round} ${index}`),
      );
      expect(await Promise.all(echoes)).to.deep.equal(
        Array.from({ length: 100 }, (_, index) => `${round} ${index}`),
      );
    }
    await until(() => Promise.resolve(mux.channelCount === 0 && accepted.size === 0), "everything is closed");
    await until(
      () => Promise.resolve(process.getActiveResourcesInfo().length <= before + 2),
      "no socket and no timer is left",
    );
  });

  it("frees what is aborted on either side, before and after the container is reached", async () => {
    const { port, mux, accepted } = await setup((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () => socket.resetAndDestroy());
      socket.on("end", () => socket.end());
    });
    const streams = Array.from({ length: 300 }, () => open(mux, port));
    for (const [index, { stream }] of streams.entries()) {
      if (index % 3 === 0) stream.abort(new TypeError("at once"));
      if (index % 3 === 1) stream.send(Buffer.from("reset me"));
    }
    await until(
      () =>
        Promise.resolve(streams.every(({ stream }, index) => index % 3 === 2 || stream.status !== "open")),
      "two thirds are over",
    );
    for (const { stream } of streams) stream.abort(new TypeError("at last"));
    await until(() => Promise.resolve(mux.channelCount === 0 && accepted.size === 0), "everything is closed");
  });

  it("says that nothing listens where nothing listens, and which deployment it does not know", async () => {
    const { mux } = await setup((socket) => socket.end());
    const answer = async (port: number) =>
      await new Promise<string | undefined>((resolve) => {
        mux.open({ leaseHash: LEASE, service: "web", replica: 0, port }, (error) => {
          resolve(error?.code);
        });
      });
    expect([await answer(1), await answer(2)]).to.deep.equal(["SERVICE_UNREACHABLE", "LEASE_NOT_FOUND"]);
  });

  it("is open to its gateway alone", async () => {
    const { node } = await setup((socket) => socket.end());
    const stranger = await createTestHost(generatePrivateKey(), []);
    cleanups.push(() => Promise.resolve(stranger.stop()));
    const connection = await stranger.dial(node.getMultiaddrs());
    const stream = await connection.newStream(protocols.tunnel).catch(() => undefined);
    await until(() => Promise.resolve((stream?.status ?? "reset") === "reset"), "the stream is reset");
  });

  it("resets everything when the session ends", async () => {
    const { port, mux, session, accepted } = await setup((socket) => {
      socket.on("error", () => undefined);
      socket.on("end", () => socket.end());
    });
    const { stream, answered } = open(mux, port);
    await answered;
    session.abort();
    await until(
      () => Promise.resolve(stream.status === "reset" && accepted.size === 0 && mux.isEnded),
      "all is over",
    );
  });

  const cleanups: (() => Promise<unknown> | undefined)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function setup(origin: (socket: Socket) => void) {
    const gateway = await createTestHost(generatePrivateKey(), ["/ip4/127.0.0.1/tcp/0"]);
    const node = await createTestHost(generatePrivateKey(), ["/ip4/127.0.0.1/tcp/0"]);
    for (const host of [gateway, node]) cleanups.push(() => Promise.resolve(host.stop()));
    const accepted = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      accepted.add(socket);
      socket.once("close", () => accepted.delete(socket));
      origin(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const session = new AbortController();
    cleanups.push(() => {
      session.abort();
      return undefined;
    });
    const targets = {
      locate: async ({ port }: { port: number }) => {
        if (port === 2) throw new ProtocolError("LEASE_NOT_FOUND", "none");
        return await Promise.resolve({ host: "127.0.0.1", port });
      },
    };
    const context = { gatewayPeer: gateway.peerId.toString(), log: silentLog, signal: session.signal };
    await serveTunnelLink(node, { targets, context });
    await node.dial(gateway.getMultiaddrs());
    let connection: Connection | undefined;
    await until(() => {
      [connection] = gateway.getConnections();
      return Promise.resolve(connection !== undefined);
    }, "the node is connected");
    if (connection === undefined) throw new Error("no connection");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const stream = await connection.newStream(protocols.tunnel);
    const mux = muxOver(stream, { defer: setImmediate, onEnd: () => undefined });
    return { node, port, mux, session, accepted };
  }

  function open(mux: Mux, port: number): { stream: ByteStream; answered: Promise<undefined> } {
    const answered = Promise.withResolvers<undefined>();
    const stream = mux.open({ leaseHash: LEASE, service: "web", replica: 0, port }, () => {
      answered.resolve(undefined);
    });
    return { stream, answered: answered.promise };
  }

  async function echo(stream: ByteStream, text: string): Promise<string> {
    const pieces: Uint8Array[] = [];
    const ended = new Promise((resolve) => {
      stream.addEventListener("end", resolve);
      stream.addEventListener("close", resolve);
    });
    stream.addEventListener("message", ({ data }) =>
      pieces.push(...(data instanceof Uint8Array ? [data] : data)),
    );
    stream.send(Buffer.from(text));
    await stream.close();
    await ended;
    return Buffer.concat(pieces).toString();
  }
});
