import { protocols } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type Libp2p } from "libp2p";
import { eventually, MARKET, nodeFacts, offer, testKey } from "../support/builders.ts";
import {
  addressOfKey,
  type GatewayFixture,
  type HelloSession,
  sayHello,
  startGatewayFixture,
  startPeer,
} from "../support/gateway-fixture.ts";

const NODE_KEY = testKey(0x11);

describe("hello", () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("welcomes the operator of an active node and lists it as online", async () => {
    const { gateway, peer } = await setup();
    const { answer } = await sayHello(peer, gateway.host);
    expect(answer).to.include({ type: "welcome", subnetId: 1, publicHost: "127.0.0.1" });
    await eventually(() => gateway.nodes.find(1n)?.online === true);
    expect(gateway.nodes.find(1n)?.peerId).to.equal(peer.peerId.toString());
  });

  it("refuses a key that is not the operator's, with a sentence", async () => {
    const { gateway } = await setup();
    const stranger = await start(testKey(0x66));
    expect(codeIn(await sayHello(stranger, gateway.host))).to.equal("IDENTITY_UNKNOWN");
    expect(gateway.nodes.find(1n)).to.equal(undefined);
  });

  it("refuses an operator that claims another node's number", async () => {
    const { gateway, peer } = await setup();
    expect(codeIn(await sayHello(peer, gateway.host, { nodeId: 2n }))).to.equal("IDENTITY_UNKNOWN");
  });

  it("refuses a node that has not joined the subnet, and says what to do", async () => {
    const { gateway, peer } = await setup({ status: "registered", joined: false });
    const session = await sayHello(peer, gateway.host);
    expect(codeIn(session)).to.equal("IDENTITY_UNKNOWN");
    expect(JSON.stringify(session.answer)).to.contain("Join it first");
  });

  it("refuses a node of another market with CHAIN_MISMATCH", async () => {
    const { gateway, peer } = await setup();
    const market = MARKET.replace("5F", "6F") as typeof MARKET;
    expect(codeIn(await sayHello(peer, gateway.host, { market }))).to.equal("CHAIN_MISMATCH");
  });

  it("says that the chain is silent, and takes a node it knew before nevertheless", async () => {
    const { gateway, peer } = await setup();
    const first = await sayHello(peer, gateway.host);
    await first.connection.close();
    await eventually(() => gateway.nodes.find(1n)?.online === false);
    const identity = gateway.chain.gateway;
    gateway.chain.reachable = false;
    // The adapter keeps its own last record of the gateway; the fake does not.
    gateway.chain.identity = () => Promise.resolve(identity);
    expect((await sayHello(peer, gateway.host)).answer.type).to.equal("welcome");
    gateway.chain.addNode(nodeFacts({ nodeId: 5n, operator: addressOfKey(testKey(0x55)) }));
    const unknown = await start(testKey(0x55));
    expect(codeIn(await sayHello(unknown, gateway.host, { nodeId: 5n }))).to.equal("CHAIN_UNREACHABLE");
  });

  it("takes updates of the offer and acknowledges each", async () => {
    const { gateway, peer } = await setup();
    const session = await sayHello(peer, gateway.host);
    const answer = await session.send({ type: "update", offer: offer({ leases: 3 }) });
    expect(answer.type).to.equal("ack");
    expect(gateway.nodes.find(1n)?.offer.leases).to.equal(3);
  });

  it("lets a node that comes again replace its old connection at once", async () => {
    const { gateway, peer } = await setup();
    const old = await sayHello(peer, gateway.host);
    const again = await start(NODE_KEY);
    expect((await sayHello(again, gateway.host)).answer.type).to.equal("welcome");
    await eventually(() => old.connection.status !== "open", 1_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(gateway.nodes.find(1n)?.online).to.equal(true);
    expect(gateway.host.getConnections(again.peerId)).to.have.length(1);
  });

  it("counts a silent node as gone", async () => {
    const { gateway, peer } = await setup({}, 150);
    await sayHello(peer, gateway.host);
    await eventually(() => gateway.nodes.find(1n)?.online === true);
    await eventually(() => gateway.nodes.find(1n)?.online === false, 2_000);
  });

  it("takes as many nodes as it is set to, and one that is known again", async () => {
    const gateway = await startGatewayFixture({ maxNodes: 1 });
    running.push(() => gateway.stop());
    const [first, second] = [await start(NODE_KEY), await start(testKey(0x55))];
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    gateway.chain.addNode(nodeFacts({ nodeId: 2n, operator: addressOfKey(testKey(0x55)) }));
    expect((await sayHello(first, gateway.host)).answer.type).to.equal("welcome");
    await eventually(() => gateway.nodes.onlineCount() === 1);
    expect(codeIn(await sayHello(second, gateway.host, { nodeId: 2n }))).to.equal("LIMIT_REACHED");
    const again = await start(NODE_KEY);
    expect((await sayHello(again, gateway.host)).answer.type).to.equal("welcome");
  });

  it("opens doors only after hello", async () => {
    const { gateway, peer } = await setup();
    const connection = await peer.dial(gateway.host.getMultiaddrs());
    const stream = await connection.newStream(protocols.doors);
    const { FramedStream } = await import("@fizz/protocol/streams");
    const { anyAnswer } = await import("../support/gateway-fixture.ts");
    const framed = new FramedStream(stream);
    await framed.write({ lid: 1n, leaseHash: testKey(0xaa), doors: [] }, AbortSignal.timeout(30_000));
    const answer = await framed.require(anyAnswer, AbortSignal.timeout(30_000));
    expect(answer).to.have.nested.property("error.code", "IDENTITY_UNKNOWN");
  });

  async function setup(changes: Parameters<typeof nodeFacts>[0] = {}, silenceLimitMs?: number) {
    const gateway: GatewayFixture = await startGatewayFixture(
      silenceLimitMs === undefined ? {} : { silenceLimitMs },
    );
    running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY), ...changes }));
    return { gateway, peer: await start(NODE_KEY) };
  }

  async function start(key: `0x${string}`): Promise<Libp2p> {
    const peer = await startPeer(key);
    running.push(async () => {
      await peer.stop();
    });
    return peer;
  }

  function codeIn({ answer }: HelloSession): unknown {
    return (answer["error"] as { code?: unknown } | undefined)?.code;
  }
});
