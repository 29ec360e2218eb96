import { tunedNoise, tunedYamux } from "@fizz/protocol/node";
import { keepPauses, MUXER_INIT } from "@fizz/protocol/streams";
import { type Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { expect } from "chai";
import { createLibp2p, type Libp2p } from "libp2p";
import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Uint8ArrayList } from "uint8arraylist";
import { until } from "../../support/until.ts";

const PROTOCOL = "/fizz/test/1.0.0";
const MIB = 1024 * 1024;

interface Kind {
  readonly noise: ReturnType<typeof tunedNoise>;
  readonly yamux: ReturnType<typeof tunedYamux>;
}

/** Around the ends of what goes a short way, and what OpenSSL encrypts. */
const SIZES = [1, 9, 100, 307, 308, 309, 1_200, 8_000, 16_353, 16_371, 16_372, 16_384, 70_000];

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

  it("hand a small message on by one event, that of its reader", async () => {
    const { send } = await setup(TUNED, TUNED);
    await send(100);
    const events = countEvents();
    for (let count = 0; count < 10; count += 1) await send(100);
    expect(events()).to.equal(10);
  });

  for (const [name, near, far] of [
    ["a daemon from a daemon", TUNED, TUNED],
    ["a daemon from others", STOCK, TUNED],
    ["others from a daemon", TUNED, STOCK],
  ] as const)
    it(`keep each byte and its order, ${name}, however they are sent and read`, async () => {
      const { stream, far: reader, chunks } = await setup(near, far);
      const sent: Uint8Array[] = [];
      const random = sequence(42);
      for (let count = 0; count < 300; count += 1) {
        const piece = Uint8Array.from({ length: SIZES[random() % SIZES.length] ?? 1 }, () => random() % 256);
        sent.push(piece);
        stream.send(random() % 2 === 0 ? piece : listOf(piece, random));
        if (random() % 8 === 0) await delay(random() % 3);
        if (random() % 16 !== 0 || chunks().length === 0) continue;
        // What comes meanwhile waits, and nothing overtakes it.
        if (reader().readStatus === "readable") reader().pause();
        else reader().resume();
      }
      if (reader().readStatus === "paused") reader().resume();
      const all = Buffer.concat(sent);
      const here = (): number => chunks().reduce((sum, { length }) => sum + length, 0);
      await until(() => Promise.resolve(here() === all.length), `${all.length} bytes are there`, 30_000);
      expect(Buffer.concat(chunks()).equals(all)).to.equal(true);
    });

  it("end a connection whose message was changed on its way", async () => {
    const { send, stream, far } = await setup(TUNED, TUNED);
    await send(100);
    const restore = changeNextWrite();
    stream.send(new Uint8Array(100));
    await until(() => Promise.resolve(far().status !== "open"), "the reader gives up", 5_000);
    restore();
    expect(far().status).to.be.oneOf(["aborted", "reset", "closed"]);
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

  /** Events of libp2p's layers from now on. */
  function countEvents(): () => number {
    const methods = EventTarget.prototype as { dispatchEvent: (this: EventTarget, event: Event) => boolean };
    const own = methods.dispatchEvent;
    let count = 0;
    methods.dispatchEvent = function (event) {
      if ("sendData" in this) count += 1;
      return own.call(this, event);
    };
    cleanups.push(() => {
      methods.dispatchEvent = own;
      return undefined;
    });
    return () => count;
  }

  /** Flips a bit of what is written next, by whomever. */
  function changeNextWrite(): () => void {
    const methods = Socket.prototype as { write: (this: Socket, ...args: unknown[]) => boolean };
    const own = methods.write;
    const restore = (): void => {
      methods.write = own;
    };
    methods.write = function (...args) {
      restore();
      const [data] = args;
      if (!(data instanceof Uint8Array)) throw new TypeError("no bytes are written");
      data[data.length - 1] = (data[data.length - 1] ?? 0) ^ 1;
      return own.apply(this, args);
    };
    cleanups.push(() => {
      restore();
      return undefined;
    });
    return restore;
  }

  /** A stream between two hosts. */
  async function setup(near: Kind, other: Kind) {
    const [dialer, listener] = await Promise.all([host(near), host(other)]);
    let received = 0;
    const chunks: Uint8Array[] = [];
    let far: Stream | undefined;
    await listener.handle(PROTOCOL, (stream) => {
      far = stream;
      stream.addEventListener("message", ({ data }) => {
        received += data.byteLength;
        chunks.push(...(data instanceof Uint8Array ? [data] : data));
      });
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
    return { send, stream, far: ends, received: () => received, chunks: () => chunks };
  }

  async function host(kind: Kind): Promise<Libp2p> {
    return await createLibp2p({
      addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      transports: [tcp()],
      connectionEncrypters: [kind.noise],
      streamMuxers: [kind.yamux],
      connectionMonitor: { enabled: false },
    });
  }
});

/** Numbers without order, the same ones each time. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1);
}

function listOf(bytes: Uint8Array, random: () => number): Uint8ArrayList {
  const middle = random() % bytes.length;
  return new Uint8ArrayList(bytes.subarray(0, middle), bytes.subarray(middle));
}
