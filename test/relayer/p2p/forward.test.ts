import { randomBytes } from "node:crypto";
import { ProtocolError } from "@fizz/protocol/errors";
import { protocols } from "@fizz/protocol/messages";
import { type ByteStream, FramedStream, spliceStreams } from "@fizz/protocol/streams";
import { type Stream } from "@libp2p/interface";
import { expect } from "chai";
import { z } from "zod";
import { ForwardClient } from "../../../relayer/src/p2p/forward-client.ts";
import { startForwardHost } from "../../../relayer/src/p2p/forward-host.ts";
import { forwardKey, forwardPeerId } from "../../../relayer/src/p2p/forward-key.ts";
import { ForwardServer } from "../../../relayer/src/p2p/forward-server.ts";
import { type NodeLinks } from "../../../relayer/src/p2p/node-links.ts";
import { codeOf } from "../../support/code-of.ts";
import { createLibp2pPair, type Libp2pPair } from "../../support/libp2p-pair.ts";
import { hash, memoryLogger, testKey } from "../support/builders.ts";

const KEY = testKey(0x42);
const LISTEN = "/ip4/127.0.0.1/tcp/0";
const anything = z.object({ said: z.string() });
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

describe("links between processes of one gateway", function () {
  this.timeout(60_000);
  const running: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("derives one key for each process, which the operator key alone gives", () => {
    const keys = [forwardKey(KEY, "a"), forwardKey(KEY, "b"), forwardKey(testKey(0x43), "a")];
    expect(new Set([KEY, ...keys]).size).to.equal(4);
    expect(forwardKey(KEY, "a")).to.equal(keys[0]);
  });

  it("carries a stream to a node that is connected to another process, and its code when it is not", async () => {
    const { client, node } = await world(KEY);
    await node.handle(protocols.status, (stream: Stream) => {
      const framed = new FramedStream(stream);
      void framed.require(anything, soon()).then(async ({ said }) => {
        await framed.write({ said: `${said}!` }, soon());
        await framed.close();
      });
    });
    const framed = new FramedStream(await client.openStream(1n, protocols.status, soon()));
    await framed.write({ said: "hello" }, soon());
    expect(await framed.require(anything, soon())).to.deep.equal({ said: "hello!" });
    expect(await framed.read(anything, soon()), "the end comes through").to.equal(undefined);
    expect(await codeOf(client.openStream(2n, protocols.status, soon()))).to.equal("NODE_OFFLINE");
    expect(await codeOf(client.openStream(1n, protocols.tunnel, soon()))).to.equal("INPUT_INVALID");
    expect(await codeOf(client.openStream(9n, protocols.status, soon()))).to.equal("NODE_OFFLINE");
  });

  it("lets nobody in who has another operator key", async () => {
    const { client } = await world(testKey(0x43));
    expect(await codeOf(client.openStream(1n, protocols.status, soon()))).to.equal("NODE_UNREACHABLE");
  });

  it("says what the node says of a connection, and that it has gone", async () => {
    const { client } = await world(KEY);
    const mux = await client.linkTo(1n);
    expect(await client.linkTo(1n), "one link for all").to.equal(mux);
    const refused = await new Promise<ProtocolError | undefined>((resolve) => {
      mux.open({ leaseHash: hash(1), service: "web", replica: 0, port: 80 }, resolve);
    });
    expect(refused?.code).to.equal("SERVICE_UNREACHABLE");
  });

  it("joins two streams byte for byte, while neither keeps up", async () => {
    const { near, far } = await splicedPair();
    const sent = randomBytes(3 * 1024 * 1024);
    const received = collect(far);
    await sendAll(near, sent);
    await near.close();
    expect(Buffer.compare(await received, sent)).to.equal(0);
    const back = collect(near);
    await sendAll(far, sent.subarray(0, 70_000));
    await far.close();
    expect((await back).length).to.equal(70_000);
  });

  it("joins a stream whose last bytes were read with its header, and given back after its end", async () => {
    const { one, other } = await twoStreams();
    const ended = new Promise((resolve) => {
      one.inbound.addEventListener("end", resolve, { once: true });
    });
    const framed = new FramedStream(one.inbound);
    const near = new FramedStream(one.outbound);
    for (const said of ["the header", "the rest"]) await near.write({ said }, soon());
    await near.close();
    await ended;
    expect(await framed.require(anything, soon())).to.deep.equal({ said: "the header" });
    spliceStreams(framed.release(), other.outbound);
    const far = new FramedStream(other.inbound);
    expect(await far.require(anything, soon())).to.deep.equal({ said: "the rest" });
    expect(await far.read(anything, soon()), "and the end").to.equal(undefined);
  });

  for (const how of ["reset", "lost"])
    it(`resets one stream when the other is ${how}: it does not look like an end`, async () => {
      const { near, far, first } = await splicedPair();
      const closed = new Promise<boolean>((resolve) => {
        far.addEventListener("close", ({ error }) => {
          resolve(error !== undefined);
        });
      });
      near.send(new Uint8Array(10));
      if (how === "lost") first.lose();
      else near.abort(new ProtocolError("STREAM_CLOSED", "enough"));
      expect(await closed).to.equal(true);
    });

  /** A node behind the process `owner`, and another process that reaches it. */
  async function world(clientKey: typeof KEY) {
    const { dialer: near, listener: node } = await newPair();
    const [connection] = near.getConnections();
    if (connection === undefined) throw new Error("no connection");
    const isMember = (peerId: string): Promise<boolean> =>
      Promise.resolve(peerId === forwardPeerId(KEY, "other"));
    const owner = await startForwardHost({ privateKey: forwardKey(KEY, "owner"), listen: LISTEN, isMember });
    const other = await startForwardHost({
      privateKey: forwardKey(clientKey, "other"),
      listen: LISTEN,
      isMember,
    });
    running.push(
      () => owner.stop(),
      () => other.stop(),
    );
    const offline = (): never => {
      throw new ProtocolError("NODE_OFFLINE", "away");
    };
    const links: Pick<NodeLinks, "openHere" | "require"> = {
      openHere: async (nodeId, protocol, signal) =>
        nodeId === 1n ? await connection.newStream(protocol, { signal }) : offline(),
      require: (nodeId) =>
        nodeId === 1n ? { nodeId, peerId: near.peerId.toString(), connection } : offline(),
    };
    const tunnels = {
      linkTo: (): never => {
        throw new ProtocolError("SERVICE_UNREACHABLE", "It does not listen.");
      },
    };
    const server = new ForwardServer({ host: owner, links, tunnels, logger: memoryLogger() });
    await server.start();
    running.push(() => server.stop());
    const address = String(owner.getMultiaddrs()[0]?.decapsulate("/p2p"));
    const entry = { id: "owner", address, multiaddrs: [], version: "1", startedAt: 0, silentMs: 0 };
    const processOf = (nodeId: bigint) => (nodeId === 9n ? undefined : entry);
    const client = new ForwardClient({ host: other, processOf }, { operatorKey: clientKey });
    client.start();
    running.push(() => {
      client.stop();
    });
    return { client, node };
  }

  async function newPair(): Promise<Libp2pPair> {
    const pair = await createLibp2pPair();
    running.push(() => pair.stop());
    return pair;
  }

  /** near → (joined) → far, over real sockets. */
  async function splicedPair(): Promise<{ near: Stream; far: Stream; first: Libp2pPair }> {
    const { first, one, other } = await twoStreams();
    spliceStreams(one.inbound, other.outbound);
    return { near: one.outbound, far: other.inbound, first };
  }

  async function twoStreams() {
    const [first, second] = [await newPair(), await newPair()];
    return { first, one: await first.open(), other: await second.open() };
  }
});

async function sendAll(stream: Stream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 50_000)
    if (!stream.send(bytes.slice(at, at + 50_000)))
      await new Promise((resolve) => {
        stream.addEventListener("drain", resolve, { once: true });
      });
}

async function collect(stream: ByteStream): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  stream.addEventListener("message", ({ data }) => {
    for (const piece of data instanceof Uint8Array ? [data] : data) pieces.push(piece.slice());
  });
  if (!stream.readableEnded)
    await new Promise((resolve) => {
      stream.addEventListener("end", resolve, { once: true });
    });
  return Buffer.concat(pieces);
}
