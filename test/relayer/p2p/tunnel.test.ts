import { createHash, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { type OpenRequest } from "@fizz/protocol/streams";
import { expect } from "chai";
import { type DoorLimits } from "../../../relayer/src/doors/door-guard.ts";
import { eventually, hash, leaseFacts, nodeFacts, testKey } from "../support/builders.ts";
import {
  addressOfKey,
  type GatewayFixture,
  sayHello,
  startGatewayFixture,
  startPeer,
} from "../support/gateway-fixture.ts";
import { exchange, serveTunnelRequests, serveTunnels, startOrigin } from "../support/tunnel-node.ts";

const NODE_KEY = testKey(0x11);
const MIB = 1024 * 1024;

describe("a public connection through a door", () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("echoes 12 × 8 MiB in parallel without losing a byte, with half-close", async () => {
    const { port } = await setup((socket) => socket.pipe(socket));
    const bodies = Array.from({ length: 12 }, () => randomBytes(8 * MIB));
    const answers = await Promise.all(bodies.map((body) => exchange(port, body)));
    for (const [index, body] of bodies.entries()) expect(digest(answers[index])).to.equal(digest(body));
  }).timeout(60_000);

  it("holds a fast container back while the caller sleeps, and then delivers everything", async () => {
    const total = 48 * MIB;
    let written = 0;
    const { port } = await setup((socket) => {
      const chunk = Buffer.alloc(64 * 1024, 7);
      const push = (): void => {
        while (written < total) {
          written += chunk.length;
          if (!socket.write(chunk)) return void socket.once("drain", push);
        }
        socket.end();
      };
      push();
    });
    const client = connect({ port, host: "127.0.0.1" });
    client.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(written, "bytes taken while nobody reads").to.be.below(40 * MIB);
    let received = 0;
    client.on("data", (chunk) => (received += chunk.length));
    client.resume();
    await new Promise((resolve) => client.once("close", resolve));
    expect(received).to.equal(total);
  }).timeout(60_000);

  it("delivers a short answer of a container that closes at once, every time", async () => {
    const { port } = await setup((socket) => socket.end("hello and goodbye"));
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(port, Buffer.alloc(0))));
      for (const answer of answers) expect(answer.toString()).to.equal("hello and goodbye");
    }
  }).timeout(30_000);

  it("delivers what a node sends together with its ready frame before it closes", async () => {
    const { port } = await setup((socket) => socket.end(), {
      onOpen: ({ stream, accept }) => {
        accept();
        stream.send(Buffer.from("all at once"));
        void stream.close();
      },
    });
    for (let round = 0; round < 50; round += 1)
      expect((await exchange(port, Buffer.alloc(0))).toString()).to.equal("all at once");
  });

  it("is closed when nothing listens in the container", async () => {
    const { port } = await setup((socket) => socket.end("x"), { containerPort: 1 });
    expect((await exchange(port, Buffer.from("hello"))).length).to.equal(0);
  });

  it("is closed while the node is away, and works again when it is back, on the same port", async () => {
    const { port, peer, gateway, serve } = await setup((socket) => socket.end("here"));
    await peer.stop();
    await eventually(() => gateway.nodes.find(1n)?.online === false);
    expect((await exchange(port, Buffer.alloc(0))).length).to.equal(0);
    const again = await startPeer(NODE_KEY);
    running.push(async () => {
      await again.stop();
    });
    await serve(again);
    await sayHello(again, gateway.host);
    expect((await exchange(port, Buffer.alloc(0))).toString()).to.equal("here");
  });

  it("is closed before the lease is active and after it ended at the head", async () => {
    const { port, gateway } = await setup((socket) => socket.end("here"), { state: "open" });
    expect((await exchange(port, Buffer.alloc(0))).length).to.equal(0);
    gateway.chain.leases.set(1n, leaseFacts({ state: "active" }));
    gateway.chain.advance();
    await eventually(async () => (await exchange(port, Buffer.alloc(0))).toString() === "here");
    gateway.chain.leases.set(1n, leaseFacts({ state: "closed" }));
    gateway.chain.advance();
    await eventually(async () => (await exchange(port, Buffer.alloc(0))).length === 0);
  });

  it("is one of so many of an address, of a lease and of a door; each refusal is counted by its limit", async () => {
    const rows = [
      { limits: { perAddress: 3 }, limit: "address" },
      { limits: { perLease: 3 }, limit: "lease" },
      { limits: { total: 3 }, limit: "gateway" },
      { limits: { perDoor: 3 }, limit: "door" },
      { limits: { perNode: 3 }, limit: "node" },
    ];
    for (const { limits, limit } of rows) {
      const greet = (socket: Socket): void => {
        socket.write("here");
        socket.on("end", () => socket.end());
      };
      const { port, gateway } = await setup(greet, { limits });
      const callers = Array.from({ length: 5 }, () => connect({ port, host: "127.0.0.1" }));
      const heard = new Set<Socket>();
      for (const caller of callers) caller.on("error", () => undefined).on("data", () => heard.add(caller));
      await eventually(() => heard.size === 3);
      await eventually(() => callers.filter(({ closed }) => closed).length === 2);
      expect(await figure(gateway, `connections_refused_total{limit="${limit}"}`), limit).to.equal(2);
      for (const caller of callers) caller.destroy();
      await eventually(() => gateway.doors.counts().connections === 0);
      const after = connect({ port, host: "127.0.0.1" });
      await new Promise((resolve) => after.once("data", resolve));
      after.destroy();
    }
  }).timeout(30_000);

  it("is counted: opened, its bytes, and those that found nobody", async () => {
    const { port, gateway, peer } = await setup((socket) => socket.pipe(socket));
    expect((await exchange(port, Buffer.alloc(1_000))).length).to.equal(1_000);
    await eventually(
      async () => (await figure(gateway, `bytes_total{protocol="tcp",direction="to_public"}`)) === 1_000,
    );
    expect(await figure(gateway, `bytes_total{protocol="tcp",direction="to_container"}`)).to.equal(1_000);
    expect(await figure(gateway, `connections_total{protocol="tcp"}`)).to.equal(1);
    await peer.stop();
    await eventually(() => gateway.nodes.find(1n)?.online === false);
    await exchange(port, Buffer.alloc(0));
    await eventually(
      async () =>
        (await figure(gateway, `connections_failed_total{protocol="tcp",reason="node_away"}`)) === 1,
    );
  });

  async function figure({ meter }: GatewayFixture, name: string): Promise<number> {
    const { body } = await meter.text();
    const line = body.split("\n").find((one) => one.startsWith(`fizz_gateway_${name} `));
    return Number(line?.split(" ").at(-1) ?? 0);
  }

  interface Changes {
    readonly limits?: Partial<DoorLimits>;
    readonly containerPort?: number;
    /** Takes the channels in place of the origin. */
    readonly onOpen?: (request: OpenRequest) => void;
    readonly state?: "open" | "active";
  }

  async function setup(
    origin: (socket: Socket) => void,
    { containerPort, limits = {}, state = "active", onOpen }: Changes = {},
  ) {
    const server = await startOrigin(origin);
    running.push(() => server.stop());
    const gateway: GatewayFixture = await startGatewayFixture({ limits });
    running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    gateway.chain.leases.set(1n, leaseFacts({ state }));
    const peer = await startPeer(NODE_KEY);
    running.push(async () => {
      await peer.stop();
    });
    const serve = (host: typeof peer): Promise<void> =>
      onOpen === undefined
        ? serveTunnels(host, () => containerPort ?? server.port)
        : serveTunnelRequests(host, onOpen);
    await serve(peer);
    await sayHello(peer, gateway.host);
    await eventually(() => gateway.nodes.find(1n)?.online === true);
    const door = { service: "web", replica: 0, port: 8080, protocol: "tcp" as const };
    const request = { lid: 1n, leaseHash: hash(0xaa), doors: [door] };
    const { endpoints } = await gateway.doors.openDoors(1n, request);
    return { port: endpoints[0]?.publicPort ?? 0, gateway, peer, serve };
  }

  function digest(body: Uint8Array | undefined): string {
    return createHash("sha256")
      .update(body ?? "")
      .digest("hex");
  }
});
