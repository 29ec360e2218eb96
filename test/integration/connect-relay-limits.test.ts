import { randomBytes } from "node:crypto";
import { type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { openRaw } from "@fizz/protocol/control";
import { protocols } from "@fizz/protocol/messages";
import { type Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { type Libp2p } from "libp2p";
import { PortForward } from "../../cli/src/connect/port-forward.ts";
import { testKey } from "../relayer/support/builders.ts";
import { startGatewayFixture, startPeer } from "../relayer/support/gateway-fixture.ts";
import { exchange, startOrigin } from "../relayer/support/tunnel-node.ts";
import { countArrivals } from "../support/connect/gateway-view.ts";
import {
  admitNode,
  grantOf,
  openConnectSession,
  startConnectNode,
  TARGET,
  tcpAddress,
} from "../support/connect/parts.ts";

const MIB = 1024 * 1024;
const CLIENT_KEY = testKey(0x22);
const STREAMS = 32;

describe("the gateway's relay", function () {
  this.timeout(120_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("holds a few windows for a client that stops reading, however much the node has to send", async () => {
    let written = 0;
    const flood = Promise.withResolvers<undefined>();
    const { address, gateway, peerId } = await setup((socket) => {
      const chunk = Buffer.alloc(64 * 1024);
      const write = (): void => {
        do written += chunk.length;
        while (socket.write(chunk));
      };
      socket.on("drain", write);
      void flood.promise.then(write);
    });
    const arrived = countArrivals(gateway.host);
    const client = await startPeer(CLIENT_KEY);
    running.push(async () => {
      await client.stop();
    });
    const relayed = await client.dial(multiaddr(`${address}/p2p-circuit/p2p/${peerId}`));
    const signed = await grantOf(CLIENT_KEY);
    const signal = AbortSignal.timeout(20_000);
    for (let at = 0; at < STREAMS; at += 1) {
      const stream = await relayed.newStream(protocols.connect, { signal });
      (await openRaw(stream, { signed, target: TARGET }, signal)).pause();
    }
    // Each stream has a window of 1 MiB for what is on its way; the client takes none of it.
    hopOf(client).pause();
    flood.resolve(undefined);
    await steady(() => arrived.bytes);
    // Two windows, which may have grown to 4 MiB, and what the relay itself holds; not STREAMS windows.
    expect(arrived.bytes, "what the gateway took from the node").to.be.below(10 * MIB);
    expect(written, "the servers are held up as well").to.be.above(arrived.bytes);
    expect(gateway.host.getConnections().length, "nobody was cut off").to.be.at.least(2);
  });

  it("carries the whole of what was sent before a side closed", async () => {
    const { address, peerId } = await setup((socket) => socket.pipe(socket));
    const port = await forward(address, peerId);
    const body = randomBytes(3 * MIB);
    expect((await exchange(port, body)).equals(body)).to.equal(true);
  });

  it("carries as much per second for one client as the setting says", async () => {
    const rate = 2_000_000;
    const { address, peerId } = await setup((socket) => socket.pipe(socket), rate);
    const port = await forward(address, peerId);
    const body = randomBytes(16_000_000);
    const from = performance.now();
    expect((await exchange(port, body)).equals(body)).to.equal(true);
    const seconds = (performance.now() - from) / 1_000;
    // Both ways count. A burst comes first, and nothing waits for the last window of each: 4 MiB where it has grown.
    expect((2 * body.length) / seconds).to.be.below(rate * 1.5);
  });

  it("is slow, and neither side takes the other for dead", async () => {
    // A ping, the first after 10 s, waits behind a window of a MiB for 7 s.
    const { address, peerId } = await setup((socket) => socket.pipe(socket), 300_000);
    const port = await forward(address, peerId);
    const body = randomBytes(3_500_000);
    expect((await exchange(port, body)).equals(body)).to.equal(true);
  });

  async function setup(serve: (socket: Socket) => void, relayBytesPerSecond = 1_000_000_000) {
    const origin = await startOrigin(serve);
    running.push(() => origin.stop());
    const gateway = admitNode(await startGatewayFixture({ relayBytesPerSecond }));
    running.push(() => gateway.stop());
    const address = tcpAddress(gateway);
    const container = { host: "127.0.0.1", port: origin.port };
    const node = await startConnectNode({ gateway: address, container: () => container });
    running.push(() => node.stop());
    return { address, gateway, peerId: node.peerId };
  }

  async function forward(address: string, peerId: string): Promise<number> {
    const session = await openConnectSession(address, peerId);
    running.push(() => session.stop());
    const local = new PortForward({
      host: "127.0.0.1",
      port: 0,
      open: (signal) => session.connect(TARGET, signal),
      onTrouble: () => undefined,
    });
    running.push(() => local.stop());
    return await local.start();
  }

  /** The client's stream to the relay, in which its connection with the node runs. */
  function hopOf(client: Libp2p): Stream {
    const streams = client.getConnections().flatMap((connection) => connection.streams);
    const hop = streams.find(({ protocol }) => protocol.endsWith("/hop"));
    if (hop === undefined) throw new Error("the client has no relayed connection");
    return hop;
  }

  async function steady(value: () => number): Promise<void> {
    for (let last = -1; last !== value();) {
      last = value();
      await delay(1_000);
    }
  }
});
