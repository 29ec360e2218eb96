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
/** Fits the window of its own stream; all of them together are more than the window of the relay's. */
const BYTES = 900 * 1024;
const STREAMS = 4;

describe("RelayFlow", function () {
  this.timeout(30_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("gives all of what a client sent before it hung up to a node that reads late", async () => {
    const { node, relayed, received } = await setup();
    const streams: Stream[] = [];
    for (let at = 0; at < STREAMS; at += 1) streams.push(await relayed.newStream(PROTOCOL));
    const stop = stopOf(node);
    stop.pause();
    for (const stream of streams) stream.send(Buffer.alloc(BYTES, 1));
    await delay(100);
    const closing = relayed.close();
    await delay(300);
    expect(received(), "nothing came through yet").to.equal(0);
    stop.resume();
    await closing;
    await eventually(() => received() === STREAMS * BYTES);
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
    return { node, relayed: await client.dial(multiaddr(address)), received: () => bytes };
  }

  async function start(key: `0x${string}`): Promise<Libp2p> {
    const peer = await startPeer(key);
    running.push(async () => {
      await peer.stop();
    });
    return peer;
  }

  /** The node's stream from the relay, in which its connection with the client runs. */
  function stopOf(node: Libp2p): Stream {
    const streams = node.getConnections().flatMap((connection) => connection.streams);
    const stop = streams.find(({ protocol }) => protocol.endsWith("/stop"));
    if (stop === undefined) throw new Error("the node has no relayed connection");
    return stop;
  }
});
