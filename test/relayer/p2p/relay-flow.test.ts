import { setTimeout as delay } from "node:timers/promises";
import { type Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { type Libp2p } from "libp2p";
import { eventually, nodeFacts, testKey } from "../support/builders.ts";
import {
  addressOfKey,
  gatewayAddress,
  reserve,
  sayHello,
  startGatewayFixture,
  startPeer,
} from "../support/gateway-fixture.ts";

const NODE_KEY = testKey(0x11);
const PROTOCOL = "/fizz/test/1.0.0";
/** Of all streams more than the largest window of the relay's stream to the node, and less than those of both of its. */
const BYTES = 700 * 1024;
const STREAMS = 7;

describe("RelayFlow", function () {
  this.timeout(30_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("gives all of what a client sent before it hung up to a node that reads late", async () => {
    const { node, client, relayed, received } = await setup();
    const streams: Stream[] = [];
    for (let at = 0; at < STREAMS; at += 1) streams.push(await relayed.newStream(PROTOCOL));
    const stop = relayStreamOf(node, "/stop");
    const hop = relayStreamOf(client, "/hop");
    stop.pause();
    for (const stream of streams) stream.send(Buffer.alloc(BYTES, 1));
    await delay(300);
    await eventually(() => hop.writeBufferLength === 0);
    await relayed.close({ signal: AbortSignal.timeout(20_000) });
    await delay(300);
    expect(received(), "nothing came through yet").to.equal(0);
    stop.resume();
    await eventually(() => received() === STREAMS * BYTES);
  });

  it("keeps nothing of what it has passed on, as long as the connection lives", async () => {
    const { gateway, relayed, received } = await setup();
    const stream = await relayed.newStream(PROTOCOL);
    for (const kind of ["/hop", "/stop"])
      expect(relayStreamOf(gateway.host, kind).listenerCount("message"), `readers of ${kind}`).to.equal(1);
    stream.send(Buffer.alloc(BYTES, 1));
    await eventually(() => received() === BYTES);
  });

  async function setup() {
    const gateway = await startGatewayFixture();
    running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    const [node, client] = [await start(NODE_KEY), await start(testKey(0x22))];
    await sayHello(node, gateway.host);
    await reserve(node, gateway.host);
    let bytes = 0;
    await node.handle(PROTOCOL, (stream) => {
      stream.addEventListener("message", ({ data }) => (bytes += data.byteLength));
    });
    const address = `${gatewayAddress(gateway.host, "tcp")}/p2p-circuit/p2p/${node.peerId.toString()}`;
    return { gateway, node, client, relayed: await client.dial(multiaddr(address)), received: () => bytes };
  }

  async function start(key: `0x${string}`): Promise<Libp2p> {
    const peer = await startPeer(key);
    running.push(async () => {
      await peer.stop();
    });
    return peer;
  }

  /** A peer's stream to or from the relay, in which its connection with the other side runs. */
  function relayStreamOf(peer: Libp2p, kind: string): Stream {
    const streams = peer.getConnections().flatMap((connection) => connection.streams);
    const found = streams.find(({ protocol }) => protocol.endsWith(kind));
    if (found === undefined) throw new Error("the peer has no relayed connection");
    return found;
  }
});
