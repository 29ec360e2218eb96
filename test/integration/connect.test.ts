import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type ProtocolError } from "@fizz/protocol/errors";
import { type SessionGrant } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { PortForward } from "../../cli/src/connect/port-forward.ts";
import { type NodeSession } from "../../cli/src/session/node-session.ts";
import { exchange, startOrigin } from "../relayer/support/tunnel-node.ts";
import { type GatewayFixture } from "../relayer/support/gateway-fixture.ts";
import { testKey } from "../relayer/support/builders.ts";
import { codeOf } from "../support/code-of.ts";
import {
  type ConnectNode,
  openConnectSession,
  startConnectGateway,
  startConnectNode,
  TARGET,
  tcpAddress,
} from "../support/connect/parts.ts";
import { until } from "../support/until.ts";

const signal = (): AbortSignal => AbortSignal.timeout(10_000);

describe("a private connection through the relay", function () {
  this.timeout(60_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("carries bytes both ways, with half-close, many at once", async () => {
    const { port } = await forwarded((socket) => socket.pipe(socket));
    const bodies = Array.from({ length: 20 }, () => randomBytes(300_000));
    const answers = await Promise.all(bodies.map((body) => exchange(port, body)));
    expect(answers.map(sha)).to.deep.equal(bodies.map(sha));
  });

  it("stops a server whose reader does not read, and loses nothing", async () => {
    const size = 64 * 1024 * 1024;
    let written = 0;
    const { port } = await forwarded((socket) => {
      const chunk = Buffer.alloc(64 * 1024, 7);
      const write = (): void => {
        while (written < size && socket.write(chunk)) written += chunk.length;
        if (written < size) {
          written += chunk.length;
          socket.once("drain", write);
        } else socket.end();
      };
      write();
    });
    const client = connect({ port, host: "127.0.0.1" });
    await once(client, "connect");
    client.pause();
    await steady(() => written);
    expect(written, "what waits between both ends is bounded").to.be.below(32 * 1024 * 1024);
    let received = 0;
    client.on("data", (chunk: Buffer) => (received += chunk.length));
    client.resume();
    await once(client, "close");
    expect(received).to.equal(written);
  });

  it("resets the local side when the container resets", async () => {
    const { port } = await forwarded((socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    const client = connect({ port, host: "127.0.0.1" });
    client.write("hello");
    const [error] = (await once(client, "error")) as [NodeJS.ErrnoException];
    expect(error.code).to.equal("ECONNRESET");
  });

  it("tells that nothing listens in the container, and goes on listening", async () => {
    const { port, troubles, world } = await forwarded((socket) => socket.end("hi"));
    world.isUp = false;
    expect((await exchange(port, Buffer.alloc(0))).toString()).to.equal("");
    expect(troubles.map(({ code }) => code)).to.deep.equal(["SERVICE_UNREACHABLE"]);
    world.isUp = true;
    expect((await exchange(port, Buffer.alloc(0))).toString()).to.equal("hi");
  });

  it("lets a local connection wait while the node is away, and serves it when it is back", async () => {
    const world = await setup((socket) => socket.end("back"));
    const { port, troubles } = await forward(world);
    await world.node.stop();
    const answer = exchange(port, Buffer.alloc(0));
    await until(() => Promise.resolve(troubles.length > 0), "the loss is told", 20_000);
    world.node = await world.startNode();
    expect((await answer).toString()).to.equal("back");
  });

  it("ends a connection on which nothing moves", async () => {
    const world = await setup(() => undefined, { idleMs: 200 });
    const { port } = await forward(world);
    const client = connect({ port, host: "127.0.0.1" });
    client.write("x");
    const [error] = (await once(client, "error")) as [NodeJS.ErrnoException];
    expect(error.code, "an end would look like a whole answer").to.equal("ECONNRESET");
  });

  for (const [what, changes, code] of [
    ["a grant without the scope", { scopes: "status logs events" }, "GRANT_SCOPE"],
    ["a grant of another lease", { leaseHash: `0x${"99".repeat(32)}` }, "LEASE_NOT_FOUND"],
    ["an old grant", { expiresAt: 1 }, "GRANT_EXPIRED"],
    ["a grant of somebody else's wallet", { tenant: `0x${"12".repeat(20)}` }, "LEASE_NOT_YOURS"],
  ] as [string, Partial<SessionGrant>, string][])
    it(`is refused with ${what}`, async () => {
      const world = await setup((socket) => socket.end());
      const session = await openSession(world, { grant: changes });
      expect(await codeOf(session.connect(TARGET, signal()))).to.equal(code);
    });

  it("is refused to who copied the grant and has not its session key", async () => {
    const world = await setup((socket) => socket.end());
    const thief = await openConnectSession(world.address, world.node.peerId, {
      sessionKey: testKey(0x33),
      grant: { sessionKey: `0x02${"ab".repeat(32)}` },
    });
    running.push(() => thief.stop());
    expect(await codeOf(thief.connect(TARGET, signal()))).to.equal("SESSION_NOT_PROVEN");
  });

  it("is refused to a port that the service does not expose", async () => {
    const world = await setup((socket) => socket.end());
    const session = await openSession(world);
    expect(await codeOf(session.connect({ ...TARGET, port: 22 }, signal()))).to.equal("SERVICE_UNKNOWN");
  });

  interface World {
    readonly gateway: GatewayFixture;
    readonly address: string;
    node: ConnectNode;
    readonly startNode: () => Promise<ConnectNode>;
    isUp: boolean;
  }

  async function setup(serve: (socket: Socket) => void, init: { idleMs?: number } = {}): Promise<World> {
    const origin = await startOrigin(serve);
    running.push(() => origin.stop());
    const gateway = await startConnectGateway();
    running.push(() => gateway.stop());
    const address = tcpAddress(gateway);
    const startNode = (): Promise<ConnectNode> =>
      startConnectNode({
        gateway: address,
        container: () => (world.isUp ? { host: "127.0.0.1", port: origin.port } : undefined),
        ...init,
      });
    const world: World = { gateway, address, node: await startNode(), startNode, isUp: true };
    running.push(() => world.node.stop());
    return world;
  }

  async function openSession(
    world: World,
    changes: { grant?: Partial<SessionGrant> } = {},
  ): Promise<NodeSession> {
    const session = await openConnectSession(world.address, world.node.peerId, changes);
    running.push(() => session.stop());
    return session;
  }

  async function forward(world: World): Promise<{ port: number; troubles: ProtocolError[] }> {
    const session = await openSession(world);
    const troubles: ProtocolError[] = [];
    const local = new PortForward({
      host: "127.0.0.1",
      port: 0,
      open: (within) => session.connect(TARGET, within),
      onTrouble: (error) => troubles.push(error),
    });
    const port = await local.start();
    running.push(() => local.stop());
    return { port, troubles };
  }

  async function forwarded(serve: (socket: Socket) => void) {
    const world = await setup(serve);
    return { world, ...(await forward(world)) };
  }

  /** Waits until a number no longer grows. */
  async function steady(value: () => number): Promise<void> {
    for (let last = -1; last !== value();) {
      last = value();
      await delay(500);
    }
  }

  function sha(bytes: Buffer): string {
    return createHash("sha256").update(bytes).digest("hex");
  }
});
