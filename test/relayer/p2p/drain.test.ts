import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { type Libp2p } from "libp2p";
import { codeOf } from "../../support/code-of.ts";
import { eventually, hash, leaseFacts, nodeFacts, testKey } from "../support/builders.ts";
import { addressOfKey, sayHello, startGatewayFixture, startPeer } from "../support/gateway-fixture.ts";
import { serveDatagrams, serveTunnels, startOrigin, startUdpOrigin } from "../support/tunnel-node.ts";

const NODE_KEY = testKey(0x14);
const OTHER_KEY = testKey(0x15);
const LEASE = { lid: 1n, leaseHash: hash(0xaa) };

describe("a drain", function () {
  this.timeout(30_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("lets connections go on, refuses new ones, and is over with the last", async () => {
    const { gateway, tcp, isOver } = await setup();
    const caller = await talk(tcp);
    gateway.drain.begin(60_000);
    expect(await isRefused(tcp)).to.equal(true);
    for (let round = 0; round < 5; round += 1) expect(await say(caller, `round ${round}`)).to.equal(true);
    expect(isOver()).to.equal(false);
    caller.destroy();
    await eventually(isOver);
  });

  it("is over at its deadline, whoever is connected, and a later one may be sooner", async () => {
    const { gateway, tcp, isOver } = await setup();
    await talk(tcp);
    gateway.drain.begin(60_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isOver()).to.equal(false);
    const since = gateway.drain.times?.since;
    gateway.drain.begin(200);
    await eventually(isOver, 2_000);
    expect(gateway.drain.times?.since).to.equal(since);
    expect(gateway.doors.counts().connections).to.equal(1);
  });

  it("is over at once when nobody is connected", async () => {
    const { gateway, isOver } = await setup();
    gateway.drain.begin(60_000);
    await eventually(isOver, 500);
  });

  it("keeps senders of datagrams, and takes no new ones", async () => {
    const { gateway, udp } = await setup();
    const [old, late] = [await sender(), await sender()];
    await hears(old, udp);
    gateway.drain.begin(60_000);
    await hears(old, udp);
    late.socket.send("hello", udp, "127.0.0.1");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(late.heard()).to.equal(0);
    expect(gateway.doors.counts().connections).to.equal(1);
  });

  it("takes no new nodes and opens no new doors; a node that serves leases may come back", async () => {
    const { gateway, peer, tcp } = await setup();
    const caller = await talk(tcp);
    gateway.drain.begin(60_000);
    const stranger = await start(OTHER_KEY);
    gateway.chain.addNode(nodeFacts({ nodeId: 2n, operator: addressOfKey(OTHER_KEY) }));
    const refused = await sayHello(stranger, gateway.host, { nodeId: 2n });
    expect(refused.answer).to.have.nested.property("error.code", "GATEWAY_DRAINING");
    expect((await sayHello(peer, gateway.host)).answer.type).to.equal("welcome");
    const door = { service: "web", replica: 0, port: 8080, protocol: "tcp" as const };
    gateway.chain.leases.set(2n, leaseFacts({ lid: 2n, leaseHash: hash(0xab) }));
    const other = { lid: 2n, leaseHash: hash(0xab), doors: [door] };
    expect(await codeOf(gateway.doors.openDoors(1n, other))).to.equal("GATEWAY_DRAINING");
    caller.destroy();
  });

  async function talk(port: number): Promise<Socket> {
    const caller = connect({ port, host: "127.0.0.1" });
    caller.on("error", () => undefined);
    running.push(() => Promise.resolve(caller.destroy()).then(() => undefined));
    expect(await say(caller, "hello")).to.equal(true);
    return caller;
  }

  async function say(caller: Socket, text: string): Promise<boolean> {
    caller.write(text);
    return await new Promise((resolve) => {
      caller.once("data", (chunk: Buffer) => {
        resolve(chunk.toString() === text);
      });
      caller.once("close", () => {
        resolve(false);
      });
    });
  }

  async function isRefused(port: number): Promise<boolean> {
    return await new Promise((resolve) => {
      const caller = connect({ port, host: "127.0.0.1" });
      caller.once("error", () => {
        resolve(true);
      });
      caller.once("connect", () => {
        caller.destroy();
        resolve(false);
      });
    });
  }

  async function sender() {
    const socket = createSocket("udp4");
    let heard = 0;
    socket.on("message", () => (heard += 1));
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    running.push(() => new Promise((resolve) => socket.close(resolve)));
    return { socket, heard: () => heard };
  }

  async function hears({ socket, heard }: Awaited<ReturnType<typeof sender>>, port: number): Promise<void> {
    const before = heard();
    socket.send("hello", port, "127.0.0.1");
    await eventually(() => heard() === before + 1);
  }

  async function start(key: `0x${string}`): Promise<Libp2p> {
    const peer = await startPeer(key);
    running.push(async () => {
      await peer.stop();
    });
    return peer;
  }

  async function setup() {
    const server = await startOrigin((socket) => socket.pipe(socket));
    const udpServer = await startUdpOrigin((payload, reply) => {
      reply(payload);
    });
    running.push(
      () => server.stop(),
      () => udpServer.stop(),
    );
    const gateway = await startGatewayFixture();
    running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    gateway.chain.leases.set(1n, leaseFacts());
    const peer = await start(NODE_KEY);
    await serveTunnels(peer, () => server.port);
    await serveDatagrams(peer, () => udpServer.port);
    await sayHello(peer, gateway.host);
    await eventually(() => gateway.nodes.find(1n)?.online === true);
    const doors = (["tcp", "udp"] as const).map((protocol) => ({
      service: "web",
      replica: 0,
      port: 8080,
      protocol,
    }));
    const { endpoints } = await gateway.doors.openDoors(1n, { ...LEASE, doors });
    let over = false;
    void gateway.drain.over.then(() => (over = true));
    const [tcp = 0, udp = 0] = endpoints.map(({ publicPort }) => publicPort);
    return { gateway, peer, tcp, udp, isOver: () => over };
  }
});
