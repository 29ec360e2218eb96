import { fetchStatus, readEvents, readLogs } from "@fizz/protocol/control";
import { errorFromWire, ProtocolError } from "@fizz/protocol/errors";
import {
  challengeResponseSchema,
  type DeploymentStatus,
  protocols,
  quoteResponseSchema,
  tunnelReadySchema,
} from "@fizz/protocol/messages";
import { DatagramStream, FramedStream, muxOver } from "@fizz/protocol/streams";
import { type Connection, type Libp2p } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { createSocket } from "node:dgram";
import { createServer, type Server } from "node:net";
import { type Hex, zeroAddress } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { serveControl } from "../../../node-agent/src/p2p/control-protocols.ts";
import { Libp2pGatewayLink } from "../../../node-agent/src/p2p/gateway-link.ts";
import { serveOrders } from "../../../node-agent/src/p2p/order-protocols.ts";
import { PeerLimits } from "../../../node-agent/src/p2p/peer-limits.ts";
import { serveContainerStreams } from "../../../node-agent/src/p2p/container-streams.ts";
import { datagramProtocol } from "../../../node-agent/src/p2p/datagram-protocol.ts";
import { serveTunnelLink } from "../../../node-agent/src/p2p/tunnel-link.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { codeOf } from "../../support/code-of.ts";
import { until } from "../../support/until.ts";
import { hashOf, storedLease } from "../support/builders.ts";
import { FakeChain, NODE } from "../support/fake-chain.ts";
import { CONTRACTS, createTestHost, LoopbackGateway } from "../support/loopback-gateway.ts";
import { AnsweringDesk, LINES, REQUEST, SIGNED, STATUS } from "../support/answers.ts";
import { idlePulsing } from "../support/memory-pulses.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { sessionGate } from "../support/session-gate.ts";
import { silentLog } from "../support/silent-log.ts";
import { DOMAIN, TestTenant } from "../support/tenant.ts";

const LEASE = hashOf("lease");
const signal = (): AbortSignal => AbortSignal.timeout(10_000);

describe("a node on a real libp2p loopback", function () {
  this.timeout(60_000);

  it("introduces itself to its gateway, and asks it for doors", async () => {
    const { gateway, link } = await connected();
    expect(gateway.hellos[0]).to.deep.include({ type: "hello", nodeId: NODE.nodeId, chainId: 31_337 });
    expect([link.session(), link.subnetId()]).to.deep.equal([1, 1]);
    const door = { service: "web", replica: 0, port: 8080, protocol: "tcp" } as const;
    const doors = await link.openDoors({ lid: 1n, leaseHash: LEASE, doors: [door] }, signal());
    expect(doors.endpoints).to.have.length(1);
  });

  it("tells the gateway of a change at once", async () => {
    const { gateway, link, quoting } = await connected();
    quoting.change({ leases: 3 });
    link.poke();
    await until(
      () => Promise.resolve(gateway.hellos.some(({ type }) => type === "update")),
      "an update comes",
      3_000,
    );
  });

  it("comes back after the gateway was away, with a new session", async () => {
    const { gateway, link } = await connected();
    await gateway.stopHost();
    await until(() => Promise.resolve(link.session() === undefined), "the loss is noticed");
    expect(await codeOf(link.openDoors({ lid: 1n, leaseHash: LEASE, doors: [] }, signal()))).to.equal(
      "GATEWAY_UNREACHABLE",
    );
    await gateway.startHost();
    await until(() => Promise.resolve(link.session() === 2), "the node is back");
  });

  it("goes on trying while the gateway's API fails, and while its relay refuses it a place", async () => {
    const { gateway, client } = await connected({ failures: 2, refusals: 2 });
    await client(generatePrivateKey());
    expect(gateway.refusals).to.be.below(0);
  });

  it("does not dial a gateway whose key runs no subnet that it is in, or that speaks of other contracts", async () => {
    for (const changes of [{ subnet: undefined }, { market: zeroAddress }]) {
      const { gateway } = await setup(changes);
      await clock.sleep(1_500, signal());
      expect(gateway.hellos).to.deep.equal([]);
    }
  });

  it("answers orders of its gateway, and of nobody else", async () => {
    const { gateway, client } = await connected();
    const ask = async (connection: Connection) => {
      const framed = new FramedStream(await connection.newStream(protocols.quote));
      await framed.write(REQUEST, signal());
      const answer = await framed.require(quoteResponseSchema, signal());
      if (answer.type === "error") throw errorFromWire(answer.error);
      return answer.signed.quote.nonce;
    };
    expect(await ask(gateway.node)).to.equal(SIGNED.quote.nonce);
    const { connection } = await client(generatePrivateKey());
    expect(await codeOf(ask(connection))).to.not.equal("(no error)");
  });

  it("answers a bad request with a code and lives on", async () => {
    const { gateway } = await connected();
    const framed = new FramedStream(await gateway.node.newStream(protocols.quote));
    await framed.write({ nonsense: true }, signal());
    const answer = await framed.require(quoteResponseSchema, signal());
    expect(answer).to.deep.include({ type: "error" });
    expect(gateway.isConnected).to.equal(true);
  });

  it("carries bytes of a public connection into a container, with half-close", async () => {
    const { gateway, echo } = await connected();
    const link = await gateway.node.newStream(protocols.tunnel);
    const mux = muxOver(link, { defer: setImmediate, onEnd: () => undefined });
    const answers: unknown[] = [];
    const stream = mux.open({ leaseHash: LEASE, service: "web", replica: 0, port: echo }, (error) => {
      answers.push(error);
    });
    const received: Uint8Array[] = [];
    const ended = new Promise((resolve) => {
      stream.addEventListener("message", ({ data }) =>
        received.push(...(data instanceof Uint8Array ? [data] : data)),
      );
      stream.addEventListener("end", resolve);
    });
    stream.send(new TextEncoder().encode("hello container"));
    await stream.close();
    await ended;
    expect(answers).to.deep.equal([undefined]);
    expect(Buffer.concat(received).toString()).to.equal("hello container");
  });

  it("carries datagrams of a public sender into a container, whether it listens yet or not", async () => {
    const { gateway } = await connected();
    const origin = createSocket("udp4");
    await new Promise<void>((resolve) => origin.bind(0, "127.0.0.1", resolve));
    const { port } = origin.address();
    await new Promise<void>((resolve) => origin.close(resolve));
    const framed = new FramedStream(await gateway.node.newStream(protocols.datagrams));
    await framed.write({ leaseHash: LEASE, service: "game", replica: 0, port }, signal());
    expect(await framed.require(tunnelReadySchema, signal())).to.deep.equal({ type: "ready" });
    const heard: string[] = [];
    const stream = new DatagramStream(framed.release(), (payload) =>
      heard.push(Buffer.from(payload).toString()),
    );
    stream.send(Buffer.from("too early"));
    const late = createSocket("udp4");
    await new Promise<void>((resolve) => late.bind(port, "127.0.0.1", resolve));
    late.on("message", (payload, sender) => {
      late.send(`${payload.toString()}!`, sender.port, sender.address);
    });
    await until(() => {
      stream.send(Buffer.from("hello"));
      return Promise.resolve(heard.includes("hello!"));
    }, "the container answers");
    stream.close();
    await stream.closed;
    await new Promise<void>((resolve) => late.close(resolve));
  });

  it("comes again when its gateway breaks the rules of the link", async () => {
    const { gateway, link } = await connected();
    const stream = await gateway.node.newStream(protocols.tunnel);
    stream.send(new Uint8Array(64));
    await until(() => Promise.resolve(link.session() === 2), "the node has a new session");
  });

  it("serves the tenant's session key end to end through the relay", async () => {
    const { client, tenant } = await connected();
    const { connection } = await client(tenant.sessionPrivateKey);
    const auth = await tenant.grant();
    const status = await fetchStatus(await connection.newStream(protocols.status, relayed), auth, signal());
    expect(status.lid).to.equal(1n);
    const lines: string[] = [];
    const logs = await connection.newStream(protocols.logs, relayed);
    const query = { follow: false, tail: null, startup: false };
    for await (const batch of readLogs(logs, { auth, query }, signal()))
      lines.push(...batch.map(({ text }) => text));
    expect(lines).to.deep.equal(["one", "two"]);
  });

  it("refuses the same grant to another peer", async () => {
    const { client, tenant } = await connected();
    const auth = await tenant.grant();
    const { connection } = await client(generatePrivateKey());
    const status = fetchStatus(await connection.newStream(protocols.status, relayed), auth, signal());
    expect(await codeOf(status)).to.equal("SESSION_NOT_PROVEN");
    const events = readEvents(
      await connection.newStream(protocols.events, relayed),
      { auth, query: { follow: true, cursor: 0 } },
      signal(),
    );
    expect(await codeOf(events.next())).to.equal("SESSION_NOT_PROVEN");
  });

  it("takes a signed challenge through the gateway, and its replay not", async () => {
    const { gateway, tenant } = await connected();
    const framed = new FramedStream(await gateway.node.newStream(protocols.challenge));
    await framed.write({ leaseHash: LEASE }, signal());
    const challenge = await framed.require(challengeResponseSchema, signal());
    if (challenge.type === "error") throw errorFromWire(challenge.error);
    const auth = { ...(await tenant.grant()), proof: await tenant.proof(challenge.nonce) };
    const ask = async (): Promise<DeploymentStatus> =>
      await fetchStatus(await gateway.node.newStream(protocols.status), auth, signal());
    expect((await ask()).lid).to.equal(1n);
    expect(await codeOf(ask())).to.equal("SESSION_NOT_PROVEN");
  });

  it("ends a feed when its reader goes away", async () => {
    const { client, tenant, openFeeds } = await connected();
    const { connection } = await client(tenant.sessionPrivateKey);
    const auth = await tenant.grant();
    const logs = await connection.newStream(protocols.logs, relayed);
    const query = { follow: true, tail: null, startup: false };
    const feed = readLogs(logs, { auth, query }, signal());
    await feed.next();
    expect(openFeeds()).to.equal(1);
    await feed.return();
    await until(() => Promise.resolve(openFeeds() === 0), "the feed ends");
  });

  const relayed = { runOnLimitedConnection: true };
  const cleanups: (() => Promise<unknown> | undefined)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function connected(changes: Parameters<typeof setup>[0] = {}) {
    const world = await setup(changes);
    await until(() => Promise.resolve(world.link.session() !== undefined), "the node is connected");
    return world;
  }

  async function setup(
    changes: { failures?: number; refusals?: number; subnet?: undefined; market?: Hex } = {},
  ) {
    const gateway = new LoopbackGateway();
    await gateway.start(changes.failures, changes.refusals);
    cleanups.push(() => gateway.stop());
    const chain = new FakeChain();
    if ("subnet" in changes)
      chain.sharedSubnet = async () => {
        await Promise.resolve(undefined);
      };
    const tenant = new TestTenant();
    const store = new MemoryStore();
    await store.save(storedLease({ tenant: tenant.wallet.address }));
    const gate = sessionGate(store, { nodeId: NODE.nodeId, domain: DOMAIN });
    const echo = await startEcho();
    let feeds = 0;
    const quoting = new AnsweringDesk();
    const views = {
      status: async () => await Promise.resolve(STATUS),
      logs: async function* (_lease: Hex, { follow }: { follow: boolean }, stop: AbortSignal) {
        feeds += 1;
        yield LINES;
        if (follow && !stop.aborted)
          await new Promise((resolve) => {
            stop.addEventListener("abort", resolve);
          });
        feeds -= 1;
      },
      events: async function* () {
        await Promise.resolve();
        yield [];
      },
    };
    const intake = { accept: async () => await Promise.reject(new ProtocolError("LEASE_NOT_FOUND", "none")) };
    const targets = {
      locate: async ({ port }: { port: number }, protocol: "tcp" | "udp") =>
        await Promise.resolve({ host: "127.0.0.1", port, protocol }),
    };
    const limits = new PeerLimits(clock);
    const serve = async (host: Libp2p, gatewayPeer: string, ended: AbortSignal): Promise<void> => {
      const context = { limits, log: silentLog, gatewayPeer, signal: ended };
      await serveOrders(host, { quoting, intake }, context);
      await serveControl(host, { gate, views, usage: { stats: () => views.events() } }, context);
      await serveTunnelLink(host, { targets, context });
      await serveContainerStreams(host, datagramProtocol, { targets, context });
    };
    const privateKey = generatePrivateKey();
    const pulsing = idlePulsing({ key: privateKey, nodeId: NODE.nodeId, slasher: zeroAddress });
    const link = new Libp2pGatewayLink(
      { chain, clock, log: silentLog, quoting, pulsing, serve, onChange: () => undefined },
      {
        gatewayUrl: gateway.url,
        privateKey,
        nodeId: NODE.nodeId,
        contracts: { ...CONTRACTS, leaseMarket: changes.market ?? CONTRACTS.leaseMarket },
        agentVersion: "test",
      },
    );
    cleanups.push(() => link.stop());
    link.start();
    const client = async (key: Hex): Promise<{ connection: Connection }> => {
      const host = await createTestHost(key, []);
      cleanups.push(() => Promise.resolve(host.stop()));
      const [relay = ""] = gateway.multiaddrs;
      const node = gateway.node.remotePeer.toString();
      let connection: Connection | undefined;
      await until(async () => {
        connection = await host.dial(multiaddr(`${relay}/p2p-circuit/p2p/${node}`)).catch(() => undefined);
        return connection !== undefined;
      }, "the relay knows the node");
      if (connection === undefined) throw new Error("no connection");
      return { connection };
    };
    return { gateway, link, tenant, client, echo, quoting, openFeeds: () => feeds };
  }

  async function startEcho(): Promise<number> {
    const server: Server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }
});
