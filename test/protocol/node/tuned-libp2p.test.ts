import { tunedNoise, tunedYamux } from "@fizz/protocol/node";
import { keepPauses, MUXER_INIT } from "@fizz/protocol/streams";
import { type ConnectionGater, type Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { expect } from "chai";
import { createLibp2p, type Libp2p } from "libp2p";
import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../support/until.ts";

const PROTOCOL = "/fizz/test/1.0.0";
const MIB = 1024 * 1024;
/** As a browser that loads a page does. */
const AT_ONCE = 50;

interface Kind {
  readonly noise: ReturnType<typeof tunedNoise>;
  readonly yamux: ReturnType<typeof tunedYamux>;
}

const TUNED: Kind = { noise: tunedNoise(), yamux: tunedYamux() };
const STOCK: Kind = { noise: noise(), yamux: yamux(MUXER_INIT) };

describe("the daemons' noise and yamux", function () {
  this.timeout(60_000);
  const cleanups: (() => Promise<unknown> | undefined)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it("send a small message by one write, and answer none with credit", async () => {
    const { send } = await setup(TUNED, TUNED);
    await send(100);
    const writes = countWrites();
    for (let count = 0; count < 10; count += 1) await send(100);
    expect(writes()).to.equal(10);
  });

  it("give credit back, so that much more than a window goes through", async () => {
    for (const [near, far] of [
      [TUNED, TUNED],
      [TUNED, STOCK],
      [STOCK, TUNED],
    ] as const) {
      const { send } = await setup(near, far);
      await send(100);
      await send(20 * MIB);
      await send(1);
    }
  });

  it("hold a sender back while nobody reads, and go on when somebody does", async () => {
    const { send, stream, far, received } = await setup(TUNED, TUNED);
    await send(100_000);
    far().pause();
    const sending = send(10 * MIB);
    const { maxStreamWindowSize } = MUXER_INIT.streamOptions;
    await until(() => Promise.resolve(stream.writableNeedsDrain), "the sender waits", 30_000);
    expect(received()).to.equal(100_000);
    expect(stream.writeBufferLength).to.be.at.least(10 * MIB - maxStreamWindowSize);
    far().resume();
    await sending;
  });

  for (const [name, reader] of [
    ["a daemon", TUNED],
    ["a client", { ...STOCK, yamux: keepPauses(yamux(MUXER_INIT)) }],
  ] as const)
    it(`hold a sender back whose reader, ${name}, pauses with all that it gets, again and again`, async () => {
      const { send, far } = await setup(TUNED, reader);
      await send(100);
      let pauses = 0;
      let resumption: NodeJS.Timeout | undefined;
      cleanups.push(() => {
        clearTimeout(resumption);
        return undefined;
      });
      far().addEventListener("message", () => {
        if (far().readStatus !== "readable") return;
        far().pause();
        pauses += 1;
        resumption = setTimeout(() => {
          if (far().readStatus === "paused") far().resume();
        }, 100);
      });
      await send(32 * MIB);
      expect(pauses).to.be.above(5);
      expect(far().status).to.equal("open");
    });

  /** Writes to the sockets of this process from now on: what each costs is the point, and nothing else tells it. */
  function countWrites(): () => number {
    const methods = Socket.prototype as { write: (this: Socket, ...args: never[]) => boolean };
    const own = methods.write;
    let count = 0;
    methods.write = function (...args) {
      count += 1;
      return own.apply(this, args);
    };
    cleanups.push(() => {
      methods.write = own;
      return undefined;
    });
    return () => count;
  }

  it("serve what a peer asks at once, however much, while its connection is still being let in", async () => {
    const dialer = await host(TUNED);
    const slow = async (): Promise<boolean> => {
      await delay(200);
      return false;
    };
    const listener = await host(TUNED, { denyInboundUpgradedConnection: slow });
    cleanups.push(() => Promise.all([dialer.stop(), listener.stop()]));
    await listener.handle(PROTOCOL, (stream) => void stream.close(), { maxInboundStreams: AT_ONCE });
    const connection = await dialer.dial(listener.getMultiaddrs());
    const options = { maxOutboundStreams: AT_ONCE, signal: AbortSignal.timeout(10_000) };
    const opened = Array.from({ length: AT_ONCE }, () => connection.newStream(PROTOCOL, options));
    expect(await Promise.all(opened)).to.have.length(AT_ONCE);
  });

  /** A stream between two hosts. */
  async function setup(near: Kind, other: Kind) {
    const [dialer, listener] = await Promise.all([host(near), host(other)]);
    let received = 0;
    let far: Stream | undefined;
    await listener.handle(PROTOCOL, (stream) => {
      far = stream;
      stream.addEventListener("message", ({ data }) => (received += data.byteLength));
    });
    cleanups.push(() => Promise.all([dialer.stop(), listener.stop()]));
    const stream = await dialer.dialProtocol(listener.getMultiaddrs(), PROTOCOL);
    const send = async (bytes: number): Promise<void> => {
      const wanted = received + bytes;
      stream.send(new Uint8Array(bytes));
      await until(() => Promise.resolve(received === wanted), `${bytes} bytes are there`, 20_000);
    };
    const ends = (): Stream => {
      if (far === undefined) throw new TypeError("no stream has come");
      return far;
    };
    return { send, stream, far: ends, received: () => received };
  }

  async function host(kind: Kind, connectionGater: ConnectionGater = {}): Promise<Libp2p> {
    return await createLibp2p({
      connectionGater,
      addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      transports: [tcp()],
      connectionEncrypters: [kind.noise],
      streamMuxers: [kind.yamux],
      connectionMonitor: { enabled: false },
    });
  }
});
