import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { LeaseBandwidth } from "../../../relayer/src/doors/lease-bandwidth.ts";
import { PublicConnection } from "../../../relayer/src/doors/public-connection.ts";
import { type SilenceLimits, SilenceWatch } from "../../../relayer/src/doors/silence.ts";
import { KIB, muxWorld, targetOf } from "../../support/mux-world.ts";
import { until } from "../../support/until.ts";

/** More than the system keeps for a caller that reads nothing. */
const MOST_PIECES = 4_000;

describe("PublicConnection", () => {
  const running: (() => void)[] = [];
  afterEach(() => {
    for (const stop of running.splice(0)) stop();
  });

  it("ends when its caller takes nothing of an answer that is complete, and with a reset", async () => {
    const { socket, caller } = await accept();
    const { connection, pair, far } = begin(socket);
    caller.end("question");
    await once(socket, "end");
    await pair.settle();
    for (let piece = 0; socket.writableLength === 0 && piece < MOST_PIECES; piece += 1) {
      far().send(Buffer.alloc(4 * KIB));
      await pair.settle();
    }
    void far().close();
    await pair.settle();
    await until(() => Promise.resolve(socket.writableEnded), "the answer is complete", 10_000);
    expect(pair.gateway.channelCount, "only the caller is waited for").to.equal(0);
    await until(() => Promise.resolve(connection.isOver), "the connection is over", 10_000);
    expect(connection.silent).to.equal(1);
    const heard = new Promise<string>((resolve) => {
      caller.once("end", () => {
        resolve("an end");
      });
      caller.once("error", ({ message }) => {
        resolve(message);
      });
    });
    caller.resume();
    expect(await heard).to.contain("ECONNRESET");
  });

  it("ends under a new limit, though it came in under another", async () => {
    const { socket } = await accept();
    const limits = { idleMs: 60_000, halfClosedMs: 300 };
    const { connection, pair } = begin(socket, limits);
    await pair.settle();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(connection).to.deep.equal({ isOver: false, silent: 0 });
    limits.idleMs = 100;
    await until(() => Promise.resolve(connection.isOver), "the connection is over", 10_000);
    expect(connection.silent).to.equal(1);
  });

  it("tells its caller the end of a whole answer, though the link is lost before it is told", async () => {
    const { socket, caller } = await accept();
    const { pair, far } = begin(socket);
    await pair.settle();
    far().send(Buffer.from("a whole answer"));
    void far().close();
    await pair.settle();
    pair.gateway.end(new ProtocolError("STREAM_CLOSED", "The link is lost."));
    expect(await text(caller)).to.equal("a whole answer");
  });

  /** One connection, accepted here, whose caller reads nothing. */
  async function accept() {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const accepted = once(server, "connection");
    const caller = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    caller.on("error", () => undefined);
    const [socket] = (await accepted) as [Socket];
    running.push(() => {
      caller.destroy();
      server.close();
    });
    return { socket, caller };
  }

  /** Joins it with a channel of a link. */
  function begin(socket: Socket, limits: SilenceLimits = { idleMs: 300, halfClosedMs: 300 }) {
    const { pair, open } = muxWorld();
    const { near, far } = open();
    const connection = { isOver: false, silent: 0 };
    const by = {
      tunnels: {
        begin: (_node: bigint, _open: unknown, onAnswer: () => void) => {
          onAnswer();
          return near;
        },
        open: () => Promise.reject(new Error("not asked for")),
        openDatagrams: () => Promise.reject(new Error("not asked for")),
      },
      bandwidth: new LeaseBandwidth(0),
      silence: new SilenceWatch(() => limits),
      onOpen: () => undefined,
      onWait: () => undefined,
      onSilent: () => (connection.silent += 1),
    };
    new PublicConnection(by, socket, () => (connection.isOver = true)).start({
      nodeId: 1n,
      open: targetOf(),
    });
    return { connection, pair, far };
  }
});
