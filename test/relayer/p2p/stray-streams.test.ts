import { protocols } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type Stream } from "@libp2p/interface";
import { expect } from "chai";
import { eventually, hash, leaseFacts, nodeFacts, testKey } from "../support/builders.ts";
import {
  addressOfKey,
  anyAnswer,
  type GatewayFixture,
  sayHello,
  startGatewayFixture,
  startPeer,
} from "../support/gateway-fixture.ts";

const NODE_KEY = testKey(0x11);
const OTHER_KEY = testKey(0x12);

describe("a node that does what nobody asked for", () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("gets its streams reset, each is counted, and loses its connection after 64", async () => {
    const { gateway, session } = await setup(NODE_KEY, 1n);
    const open = async (): Promise<Stream | undefined> => {
      try {
        return await session.connection.newStream(protocols.tunnel);
      } catch {
        return undefined;
      }
    };
    for (let at = 0; at < 64; at += 1) {
      const stream = await open();
      await eventually(() => stream?.status !== "open");
    }
    expect(await strays(gateway)).to.equal(64);
    expect(gateway.nodes.find(1n)?.online).to.equal(true);
    await open();
    await eventually(() => gateway.nodes.find(1n)?.online === false);
    expect(await strays(gateway)).to.equal(65);
  });

  it("gets no doors of another node's lease, and does not move those that are open", async () => {
    const { gateway, ask: owner } = await setup(NODE_KEY, 1n);
    const { ask: thief } = await setup(OTHER_KEY, 2n, gateway);
    const opened = await owner();
    expect(opened.type).to.equal("doors");
    const refused = await thief();
    expect(refused).to.have.nested.property("error.code", "LEASE_NOT_YOURS");
    expect(await owner()).to.deep.equal(opened);
    gateway.chain.reachable = false;
    expect(await thief()).to.have.nested.property("error.code", "CHAIN_UNREACHABLE");
    expect(gateway.doors.leasedNodes().has(2n)).to.equal(false);
  });

  async function strays({ meter }: GatewayFixture): Promise<number> {
    const { body } = await meter.text();
    const line = body.split("\n").find((one) => one.startsWith("fizz_gateway_stray_streams_total "));
    return Number(line?.split(" ").at(-1) ?? 0);
  }

  async function setup(key: `0x${string}`, nodeId: bigint, known?: GatewayFixture) {
    const gateway = known ?? (await startGatewayFixture());
    if (known === undefined) running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts({ nodeId, operator: addressOfKey(key) }));
    gateway.chain.leases.set(1n, leaseFacts());
    const peer = await startPeer(key);
    running.push(async () => {
      await peer.stop();
    });
    const session = await sayHello(peer, gateway.host, { nodeId });
    await eventually(() => gateway.nodes.find(nodeId)?.online === true);
    const door = { service: "web", replica: 0, port: 8080, protocol: "tcp" as const };
    const ask = async () => {
      const framed = new FramedStream(await session.connection.newStream(protocols.doors));
      const signal = AbortSignal.timeout(30_000);
      await framed.write({ lid: 1n, leaseHash: hash(0xaa), doors: [door] }, signal);
      return await framed.require(anyAnswer, signal);
    };
    return { gateway, session, ask };
  }
});
