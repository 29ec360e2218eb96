import { createSocket, type Socket } from "node:dgram";
import { expect } from "chai";
import { type DoorLimits } from "../../../relayer/src/doors/door-guard.ts";
import { eventually, hash, leaseFacts, nodeFacts, testKey } from "../support/builders.ts";
import { addressOfKey, sayHello, startGatewayFixture, startPeer } from "../support/gateway-fixture.ts";
import { serveDatagrams, startUdpOrigin } from "../support/tunnel-node.ts";

const NODE_KEY = testKey(0x12);

describe("datagrams through a door", () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("reach the container, and its answers only the one who asked", async () => {
    const { port, origin, sessions } = await setup((payload, reply) => {
      reply(Buffer.from(`you said ${payload.toString()}`));
    });
    const callers = await Promise.all(Array.from({ length: 20 }, caller));
    for (const [index, { socket }] of callers.entries())
      for (let round = 0; round < 3; round += 1) socket.send(`${index}.${round}`, port, "127.0.0.1");
    await eventually(() => callers.every(({ heard }) => heard.length === 3));
    for (const [index, { heard }] of callers.entries())
      expect(heard).to.deep.equal([0, 1, 2].map((round) => `you said ${index}.${round}`));
    expect(origin.senders.size, "one socket for each sender").to.equal(20);
    expect(sessions.size).to.equal(20);
  });

  it("that come before the way is open are not lost, up to a limit, and large and empty ones are whole", async () => {
    const sizes: number[] = [];
    const { port } = await setup((payload) => sizes.push(payload.length));
    const { socket } = await caller();
    for (const size of [60_000, 0, 1]) socket.send(Buffer.alloc(size, 7), port, "127.0.0.1");
    await eventually(() => sizes.length === 3);
    expect(sizes).to.deep.equal([60_000, 0, 1]);
  });

  it("of more senders than one address may have get no session", async () => {
    const { port, sessions, gateway } = await setup((_payload, reply) => {
      reply(Buffer.from("here"));
    });
    const callers = await Promise.all(Array.from({ length: 70 }, caller));
    for (const { socket } of callers) socket.send("hello", port, "127.0.0.1");
    await eventually(() => callers.filter(({ heard }) => heard.length > 0).length === 64);
    expect(sessions.size).to.equal(64);
    expect(gateway.doors.counts().connections).to.equal(64);
  });

  it("are lost above the bandwidth of the lease, and counted", async () => {
    const { port, gateway } = await setup(
      (_payload, reply) => {
        reply(Buffer.from("ok"));
      },
      {
        limits: { bytesPerSecondPerLease: 1_024 },
      },
    );
    const { socket, heard } = await caller();
    for (let sent = 0; sent < 12; sent += 1) socket.send(Buffer.alloc(200), port, "127.0.0.1");
    const lost = async (): Promise<number> => {
      const { body } = await gateway.meter.text();
      return Number(/^fizz_gateway_throttled_total\{protocol="udp"\} (\d+)$/mu.exec(body)?.[1] ?? 0);
    };
    await eventually(async () => (await lost()) >= 7);
    await eventually(() => heard.length > 0);
    expect(heard.length, "1,024 bytes are five datagrams of 200").to.be.at.most(5);
  });

  it("are tried again a moment after the container was not there", async () => {
    let isThere = false;
    const { port } = await setup(
      (_payload, reply) => {
        reply(Buffer.from("here"));
      },
      { isThere: () => isThere },
    );
    const { socket, heard } = await caller();
    socket.send("too early", port, "127.0.0.1");
    await new Promise((resolve) => setTimeout(resolve, 300));
    isThere = true;
    await eventually(() => {
      socket.send("again", port, "127.0.0.1");
      return heard.length > 0;
    });
  });

  it("go on after the node has gone and come back, on the same port", async () => {
    const { port, peer, gateway, serve } = await setup((_payload, reply) => {
      reply(Buffer.from("here"));
    });
    const { socket, heard } = await caller();
    socket.send("one", port, "127.0.0.1");
    await eventually(() => heard.length === 1);
    await peer.stop();
    await eventually(() => gateway.nodes.find(1n)?.online === false);
    await eventually(() => gateway.doors.counts().connections === 0);
    const again = await startPeer(NODE_KEY);
    running.push(async () => {
      await again.stop();
    });
    await serve(again);
    await sayHello(again, gateway.host);
    await eventually(() => {
      socket.send("two", port, "127.0.0.1");
      return heard.length > 1;
    });
  });

  it("stop when the lease is over at the head, and their places are free again", async () => {
    const { port, gateway } = await setup((_payload, reply) => {
      reply(Buffer.from("here"));
    });
    const { socket, heard } = await caller();
    socket.send("one", port, "127.0.0.1");
    await eventually(() => heard.length === 1);
    expect(gateway.doors.counts().connections).to.equal(1);
    gateway.chain.leases.set(1n, leaseFacts({ state: "closed" }));
    gateway.chain.confirm();
    await eventually(() => {
      gateway.chain.advance();
      return gateway.doors.counts().doors === 0 && gateway.doors.counts().connections === 0;
    });
  });

  it("have an address of their own kind", async () => {
    const { endpoint } = await setup(() => undefined);
    expect(endpoint).to.include({ protocol: "udp", url: `udp://127.0.0.1:${endpoint?.publicPort ?? 0}` });
  });

  async function setup(
    answer: Parameters<typeof startUdpOrigin>[0],
    { isThere = () => true, limits = {} }: { isThere?: () => boolean; limits?: Partial<DoorLimits> } = {},
  ) {
    const origin = await startUdpOrigin(answer);
    running.push(() => origin.stop());
    const gateway = await startGatewayFixture({ limits });
    running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    gateway.chain.leases.set(1n, leaseFacts({ state: "active" }));
    const peer = await startPeer(NODE_KEY);
    running.push(async () => {
      await peer.stop();
    });
    const serve = (host: typeof peer): ReturnType<typeof serveDatagrams> =>
      serveDatagrams(host, () => (isThere() ? origin.port : 0));
    const sessions = await serve(peer);
    await sayHello(peer, gateway.host);
    await eventually(() => gateway.nodes.find(1n)?.online === true);
    const door = { service: "game", replica: 0, port: 27_015, protocol: "udp" as const };
    const { endpoints } = await gateway.doors.openDoors(1n, {
      lid: 1n,
      leaseHash: hash(0xaa),
      doors: [door],
    });
    const [endpoint] = endpoints;
    return { port: endpoint?.publicPort ?? 0, endpoint, origin, gateway, peer, serve, sessions };
  }

  async function caller(): Promise<{ socket: Socket; heard: string[] }> {
    const socket = createSocket("udp4");
    const heard: string[] = [];
    socket.on("message", (payload) => heard.push(payload.toString()));
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    running.push(async () => {
      await new Promise<void>((resolve) => socket.close(resolve));
    });
    return { socket, heard };
  }
});
