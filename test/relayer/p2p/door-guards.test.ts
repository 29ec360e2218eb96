import { connect, type Socket } from "node:net";
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
import { LIMITS } from "../support/limits.ts";
import { serveTunnels, startOrigin } from "../support/tunnel-node.ts";

const NODE_KEY = testKey(0x11);
const KIB = 1024;

describe("a public connection under the guards of its door", function () {
  this.timeout(30_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("is reset at both ends after silence, and not while anything moves", async () => {
    const ends: string[] = [];
    const { caller, gateway } = await setup(
      note(ends, (socket) => socket.pipe(socket)),
      { idleMs: 1_500 },
    );
    const over = endOf(caller);
    for (let beat = 0; beat < 14; beat += 1) {
      caller.write("x");
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(caller.destroyed).to.equal(false);
    expect(await over).to.equal("ECONNRESET");
    await eventually(() => ends.length === 1);
    expect(ends).to.deep.equal(["ECONNRESET"]);
    await eventually(() => gateway.doors.counts().connections === 0);
    expect(await figure(gateway, "connections_silent_total")).to.equal(1);
  });

  it("ends sooner once one side has ended", async () => {
    const { caller, gateway } = await setup(() => undefined, { idleMs: 60_000, halfClosedMs: 300 });
    const started = performance.now();
    caller.end("a question without an answer");
    await endOf(caller);
    expect(performance.now() - started).to.be.within(250, 5_000);
    await eventually(() => gateway.doors.counts().connections === 0);
    expect(await figure(gateway, "connections_silent_total")).to.equal(1);
  });

  it("ends when its caller takes nothing any more, however much waits for it", async () => {
    const { caller, gateway } = await setup((socket) => void socket.end(Buffer.alloc(32 * KIB * KIB)), {
      idleMs: 500,
    });
    caller.pause();
    await eventually(() => gateway.doors.counts().connections === 1);
    await eventually(() => gateway.doors.counts().connections === 0, 10_000);
    expect(await figure(gateway, "connections_silent_total")).to.equal(1);
  });

  it("is slowed to the bandwidth of its lease, both directions together, and loses nothing", async () => {
    const bytesPerSecondPerLease = 400 * KIB;
    const { caller, gateway } = await setup((socket) => socket.pipe(socket), { bytesPerSecondPerLease });
    let heard = 0;
    caller.on("data", (chunk) => (heard += chunk.length));
    const started = performance.now();
    caller.end(Buffer.alloc(600 * KIB));
    await new Promise((resolve) => caller.once("end", resolve));
    const seconds = (performance.now() - started) / 1_000;
    expect(heard).to.equal(600 * KIB);
    // 1,200 KiB in all, of which one second's worth may pass at once, and the last 64 KiB of each way 0.16 s early.
    expect(seconds).to.be.within(1.65, 6);
    expect(await figure(gateway, 'throttled_total{protocol="tcp"}')).to.be.above(0);
  });

  it("shares the bandwidth with the other connections of the lease, and takes a new limit", async () => {
    const bytesPerSecondPerLease = 50 * KIB;
    const { caller, gateway, port } = await setup((socket) => socket.resume().on("end", () => socket.end()), {
      bytesPerSecondPerLease,
    });
    const callers = [caller, ...Array.from({ length: 3 }, () => connect({ port, host: "127.0.0.1" }))];
    for (const one of callers) one.on("error", () => undefined).end(Buffer.alloc(200 * KIB));
    const open = (): number => gateway.doors.counts().connections;
    await eventually(() => open() === 4);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    // 800 KiB at 50 KiB/s take 15 s, and with the new limit a moment.
    expect(open()).to.be.above(0);
    gateway.doors.setLimits({ ...LIMITS, bytesPerSecondPerLease: 100 * KIB * KIB });
    await eventually(() => open() === 0);
  });

  it("is refused above the rate of its address or lease, and counted", async () => {
    for (const [limits, label] of [
      [{ newPerAddress: 1 }, "address_rate"],
      [{ newPerLease: 1 }, "lease_rate"],
    ] as const) {
      const { gateway, port } = await setup((socket) => socket.pipe(socket), limits);
      const callers = Array.from({ length: 14 }, () => connect({ port, host: "127.0.0.1" }));
      for (const one of callers) one.on("error", () => undefined).resume();
      await eventually(() => callers.filter(({ closed }) => closed).length >= 4);
      expect(await figure(gateway, `connections_refused_total{limit="${label}"}`), label).to.be.at.least(4);
      expect(gateway.doors.counts().connections, label).to.be.within(9, 11);
      for (const one of callers) one.destroy();
    }
  });

  function note(ends: string[], serve: (socket: Socket) => void) {
    return (socket: Socket): void => {
      socket.on("error", (error: NodeJS.ErrnoException) => ends.push(error.code ?? ""));
      serve(socket);
    };
  }

  async function endOf(socket: Socket): Promise<string> {
    return await new Promise((resolve) => {
      socket.once("error", (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? "");
      });
      socket.once("close", () => {
        resolve("closed");
      });
    });
  }

  async function figure({ meter }: GatewayFixture, name: string): Promise<number> {
    const { body } = await meter.text();
    const line = body.split("\n").find((one) => one.startsWith(`fizz_gateway_${name} `));
    return Number(line?.split(" ").at(-1) ?? 0);
  }

  async function setup(serve: (socket: Socket) => void, limits: Partial<DoorLimits>) {
    const server = await startOrigin(serve);
    running.push(() => server.stop());
    const gateway = await startGatewayFixture({ limits });
    running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    gateway.chain.leases.set(1n, leaseFacts());
    const peer = await startPeer(NODE_KEY);
    running.push(async () => {
      await peer.stop();
    });
    await serveTunnels(peer, () => server.port);
    await sayHello(peer, gateway.host);
    await eventually(() => gateway.nodes.find(1n)?.online === true);
    const door = { service: "web", replica: 0, port: 8080, protocol: "tcp" as const };
    const { endpoints } = await gateway.doors.openDoors(1n, {
      lid: 1n,
      leaseHash: hash(0xaa),
      doors: [door],
    });
    const port = endpoints[0]?.publicPort ?? 0;
    const caller = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    running.push(() => Promise.resolve(caller.destroy()).then(() => undefined));
    caller.on("error", () => undefined);
    return { gateway, port, caller };
  }
});
