import { ProtocolError } from "@fizz/protocol/errors";
import { FramedStream, readFeed, sendFeed } from "@fizz/protocol/streams";
import { expect } from "chai";
import { z } from "zod";
import { createLibp2pPair, type Libp2pPair } from "../../support/libp2p-pair.ts";
import { codeOf } from "../../support/code-of.ts";

const anything = z.unknown();
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

describe("FramedStream", () => {
  let pair: Libp2pPair;
  before(async () => {
    pair = await createLibp2pPair();
  });
  after(async () => {
    await pair.stop();
  });

  it("carries messages both ways, in order, bigints as decimal strings", async () => {
    const { near, far } = await setup();
    for (let n = 0; n < 50; n += 1) await near.write({ n, big: 2n ** 70n }, soon());
    for (let n = 0; n < 50; n += 1)
      expect(await far.require(anything, soon())).to.deep.equal({ n, big: (2n ** 70n).toString() });
    await far.write({ ok: true }, soon());
    expect(await near.require(anything, soon())).to.deep.equal({ ok: true });
  });

  it("gives undefined after a clean end, and still delivers what came before it", async () => {
    const { near, far } = await setup();
    await near.write({ last: true }, soon());
    await near.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await far.read(anything, soon())).to.deep.equal({ last: true });
    expect(await far.read(anything, soon())).to.equal(undefined);
  });

  it("fails with STREAM_CLOSED when the other side aborts", async () => {
    const { near, far } = await setup();
    near.abort(new TypeError("gone"));
    expect(await codeOf(far.read(anything, soon()))).to.equal("STREAM_CLOSED");
  });

  it("fails with TIMEOUT when nothing comes", async () => {
    const { near } = await setup();
    expect(await codeOf(near.read(anything, AbortSignal.timeout(50)))).to.equal("TIMEOUT");
  });

  it("refuses to send a message over the limit, and to read a frame that claims more", async () => {
    const { near, outbound, far } = await setup();
    expect(await codeOf(near.write("x".repeat(400_000), soon()))).to.equal("INPUT_TOO_LARGE");
    outbound.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    expect(await codeOf(far.read(anything, soon()))).to.equal("INPUT_TOO_LARGE");
  });

  it("refuses what is not JSON and what does not fit the schema", async () => {
    const { outbound, far, near } = await setup();
    outbound.send(Uint8Array.of(0, 0, 0, 1, 0x7b));
    expect(await codeOf(far.read(anything, soon()))).to.equal("INPUT_INVALID");
    await near.write({ n: "one" }, soon());
    expect(await codeOf(far.read(z.object({ n: z.number() }), soon()))).to.equal("INPUT_INVALID");
  });

  it("loses nothing when the reader is slow and the writer is fast", async () => {
    const { near, far } = await setup();
    const text = "y".repeat(100_000);
    const count = 200;
    const writing = (async () => {
      for (let n = 0; n < count; n += 1) await near.write({ n, text }, soon());
      await near.close();
    })();
    for (let n = 0; n < count; n += 1) {
      if (n % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 60));
      expect((await far.require(z.object({ n: z.number() }), soon())).n).to.equal(n);
    }
    await writing;
    expect(await far.read(anything, soon())).to.equal(undefined);
  });

  it("hands raw bytes that came with the last frame to whoever takes the stream over", async () => {
    const { near, outbound, far } = await setup();
    await near.write({ header: true }, soon());
    outbound.send(new TextEncoder().encode("raw bytes"));
    await outbound.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await far.require(anything, soon());
    const stream = far.release();
    const chunks: Uint8Array[] = [];
    await new Promise<void>((resolve) => {
      stream.addEventListener("message", ({ data }) => {
        for (const chunk of data instanceof Uint8Array ? [data] : data) chunks.push(chunk);
      });
      if (stream.readableEnded) resolve();
      else
        stream.addEventListener("end", () => {
          resolve();
        });
    });
    expect(Buffer.concat(chunks).toString()).to.equal("raw bytes");
  });

  describe("a feed", () => {
    it("delivers every item in order and ends", async () => {
      const { near, far } = await setup();
      const sending = sendFeed(near, { batches: batches(2_000) }, soon());
      const seen: number[] = [];
      for await (const items of readFeed(far, { item: z.number() }, soon())) seen.push(...items);
      await sending;
      expect(seen).to.deep.equal(Array.from({ length: 2_000 }, (_, n) => n));
    });

    it("stops producing when the reader does not acknowledge", async () => {
      const { near } = await setup();
      let produced = 0;
      const source = (async function* () {
        for (;;) {
          produced += 1;
          yield [produced];
          await Promise.resolve();
        }
      })();
      const stop = new AbortController();
      const sending = sendFeed(near, { batches: source }, stop.signal).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const before = produced;
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(produced).to.equal(before).and.to.be.at.most(40);
      stop.abort();
      await sending;
    });

    it("gives a slow reader the newest when its window is one frame", async () => {
      const { near, far } = await setup();
      let newest = 0;
      const source = (async function* () {
        for (;;) yield await Promise.resolve([newest]);
      })();
      const stop = new AbortController();
      const sending = sendFeed(near, { batches: source, window: 1 }, stop.signal).catch(() => undefined);
      const seen: number[] = [];
      for await (const [number] of readFeed(far, { item: z.number(), window: 1 }, soon())) {
        seen.push(number ?? -1);
        // Whatever the sender could send ahead of the acknowledgement of this one is sent with the old number.
        await new Promise((resolve) => setTimeout(resolve, 50));
        newest += 1;
        if (seen.length === 5) break;
      }
      expect(seen).to.deep.equal([0, 1, 2, 3, 4]);
      stop.abort();
      await sending;
    });

    it("passes the error of its source on, with its code", async () => {
      const { near, far } = await setup();
      const source = (async function* () {
        yield await Promise.resolve([1]);
        throw new ProtocolError("ENGINE_UNREACHABLE", "down");
      })();
      const sending = sendFeed(near, { batches: source }, soon()).catch(() => undefined);
      const reading = (async () => {
        for await (const items of readFeed(far, { item: z.number() }, soon()))
          expect(items).to.deep.equal([1]);
      })();
      expect(await codeOf(reading)).to.equal("ENGINE_UNREACHABLE");
      await sending;
    });
  });

  async function setup() {
    const { outbound, inbound } = await pair.open();
    return { outbound, inbound, near: new FramedStream(outbound), far: new FramedStream(inbound) };
  }

  async function* batches(count: number): AsyncGenerator<number[]> {
    for (let n = 0; n < count; n += 10)
      yield await Promise.resolve(Array.from({ length: 10 }, (_, i) => n + i));
  }
});
