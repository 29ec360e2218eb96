import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { protocols } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { type Libp2p } from "libp2p";
import { z } from "zod";
import { eventually, nodeFacts, testKey } from "../support/builders.ts";
import {
  addressOfKey,
  gatewayAddress,
  type GatewayFixture,
  reserve,
  sayHello,
  startGatewayFixture,
  startPeer,
} from "../support/gateway-fixture.ts";

const NODE_KEY = testKey(0x11);
const CLIENT_KEY = testKey(0x22);
const text = z.strictObject({ text: z.string() });

describe("the relay", () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  for (const transport of ["tcp", "ws"] as const)
    it(`carries a client over ${transport} to a node, end to end, both keys proven`, async () => {
      const { gateway, node } = await setup();
      await sayHello(node, gateway.host);
      await reserve(node, gateway.host);
      const seen: string[] = [];
      await node.handle(protocols.status, (stream, connection) => {
        seen.push(connection.remotePeer.toString());
        void echo(new FramedStream(stream));
      });
      const client = await start(CLIENT_KEY);
      const relayed = `${gatewayAddress(gateway.host, transport)}/p2p-circuit/p2p/${node.peerId.toString()}`;
      const stream = await client.dialProtocol(multiaddr(relayed), protocols.status);
      const framed = new FramedStream(stream);
      // 20 × 100 KiB: far beyond the 128 KiB after which a relay with default limits cuts the connection.
      for (let round = 0; round < 20; round += 1) {
        const words = randomBytes(50 * 1024).toString("hex");
        await framed.write({ text: words }, AbortSignal.timeout(30_000));
        expect((await framed.require(text, AbortSignal.timeout(30_000))).text).to.equal(words);
      }
      expect(seen).to.deep.equal([client.peerId.toString()]);
      expect(client.getConnections(node.peerId)[0]?.limits).to.equal(undefined);
    }).timeout(30_000);

  it("gives no reservation to a peer that is not a node", async () => {
    const { gateway } = await setup();
    const stranger = await start(testKey(0x66));
    const refused = await reserve(stranger, gateway.host).then(
      () => "reserved",
      () => "refused",
    );
    expect(refused).to.equal("refused");
  }).timeout(30_000);

  it("waits with the reservation until the hello is through", async () => {
    const { gateway, node } = await setup();
    const { answer } = await askBeforeHello(node, gateway);
    await sayHello(node, gateway.host);
    await answer;
    await eventually(() =>
      node.getMultiaddrs().some((address) => address.toString().includes("p2p-circuit")),
    );
  });

  it("keeps the reservation of a node that came back, when the answer to its lost connection finds nobody", async () => {
    const { gateway, node: lost } = await setup();
    const unheard = await askBeforeHello(lost, gateway);
    const back = await start(NODE_KEY);
    await lost.stop();
    await unheard.answer.catch(() => undefined);
    const { answer } = await askBeforeHello(back, gateway);
    await sayHello(back, gateway.host);
    await answer;
    await back.handle(protocols.status, (stream) => {
      void echo(new FramedStream(stream));
    });
    await sleep(500);
    const client = await start(CLIENT_KEY);
    const relayed = `${gatewayAddress(gateway.host, "tcp")}/p2p-circuit/p2p/${back.peerId.toString()}`;
    const framed = new FramedStream(await client.dialProtocol(multiaddr(relayed), protocols.status));
    await framed.write({ text: "hello" }, AbortSignal.timeout(10_000));
    expect((await framed.require(text, AbortSignal.timeout(10_000))).text).to.equal("hello");
  }).timeout(30_000);

  /** A reservation is asked for, and has reached the gateway, which does not know yet whose it is. */
  async function askBeforeHello(node: Libp2p, { host }: GatewayFixture): Promise<{ answer: Promise<void> }> {
    await node.dial(host.getMultiaddrs());
    const answer = reserve(node, host);
    answer.catch(() => undefined);
    await sleep(200);
    return { answer };
  }

  async function setup() {
    const gateway: GatewayFixture = await startGatewayFixture();
    running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    return { gateway, node: await start(NODE_KEY) };
  }

  async function start(key: `0x${string}`): Promise<Libp2p> {
    const peer = await startPeer(key);
    running.push(async () => {
      await peer.stop();
    });
    return peer;
  }

  async function echo(framed: FramedStream): Promise<void> {
    for (;;) {
      const message = await framed.read(text, AbortSignal.timeout(10_000)).catch(() => undefined);
      if (message === undefined) return;
      await framed.write(message, AbortSignal.timeout(10_000));
    }
  }
});
