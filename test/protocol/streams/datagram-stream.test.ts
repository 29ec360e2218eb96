import { DatagramStream, MAX_DATAGRAM_BYTES } from "@fizz/protocol/streams";
import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { createLibp2pPair, type Libp2pPair } from "../../support/libp2p-pair.ts";
import { until } from "../../support/until.ts";

describe("DatagramStream", () => {
  let pair: Libp2pPair;
  before(async () => {
    pair = await createLibp2pPair();
  });
  after(async () => {
    await pair.stop();
  });

  it("keeps the bounds, the order and the bytes of datagrams, both ways", async () => {
    const { near, far, atFar, atNear } = await connect();
    const payloads = [0, 1, 2, 1_200, 1_472, 9_000, MAX_DATAGRAM_BYTES, 0, 3].map((size) =>
      randomBytes(size),
    );
    for (const payload of payloads) expect(near.send(payload)).to.equal(true);
    for (const payload of payloads.toReversed()) expect(far.send(payload)).to.equal(true);
    await until(() => Promise.resolve(atFar.length + atNear.length === 2 * payloads.length), "all arrive");
    expect(Buffer.concat(atFar)).to.deep.equal(Buffer.concat(payloads));
    expect(atFar.map(({ length }) => length)).to.deep.equal(payloads.map(({ length }) => length));
    expect(atNear.map(({ length }) => length)).to.deep.equal(
      payloads.toReversed().map(({ length }) => length),
    );
  });

  it("reads datagrams however their bytes are cut", async () => {
    const { outbound, inbound } = await pair.open();
    const read: string[] = [];
    const far = new DatagramStream(inbound, (payload) => read.push(Buffer.from(payload).toString()));
    const bytes = Buffer.from("\0\x05hello\0\0\0\x03bye");
    for (const byte of bytes) {
      outbound.send(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await until(() => Promise.resolve(read.length === 3), "all arrive");
    expect(read).to.deep.equal(["hello", "", "bye"]);
    far.close();
  });

  it("loses datagrams while nobody reads, instead of keeping them all", async () => {
    const { near, inbound, atFar } = await connect();
    inbound.pause();
    const payload = randomBytes(60_000);
    const sent = Array.from({ length: 400 }, () => near.send(payload)).filter(Boolean).length;
    expect(sent).to.be.within(1, 399);
    inbound.resume();
    await until(() => Promise.resolve(atFar.length === sent), "what was sent arrives");
    expect(near.send(Buffer.from("again"))).to.equal(true);
    await until(() => Promise.resolve(atFar.at(-1)?.length === 5), "and what is sent then");
  });

  it("refuses to send what is no datagram, and ends a stream that claims to have one", async () => {
    const { near } = await connect();
    expect(near.send(new Uint8Array(MAX_DATAGRAM_BYTES + 1))).to.equal(false);
    const { outbound, inbound } = await pair.open();
    const reader = new DatagramStream(inbound, () => undefined);
    outbound.send(Uint8Array.of(0xff, 0xff, 0));
    await reader.closed;
    await until(() => Promise.resolve(outbound.status !== "open"), "the sender hears of it");
  });

  it("is over on both sides when one closes it, and takes nothing more", async () => {
    const { near, far } = await connect();
    near.close();
    await Promise.all([near.closed, far.closed]);
    expect(far.send(Buffer.from("late"))).to.equal(false);
    far.close();
  });

  async function connect() {
    const { outbound, inbound } = await pair.open();
    const [atFar, atNear]: [Uint8Array[], Uint8Array[]] = [[], []];
    const near = new DatagramStream(outbound, (payload) => atNear.push(payload));
    const far = new DatagramStream(inbound, (payload) => atFar.push(payload));
    return { near, far, atFar, atNear, inbound };
  }
});
