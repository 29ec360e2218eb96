import { connect, type Socket } from "node:net";
import { type DoorRequest } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type AddressBlock } from "../../../relayer/src/domain/address-block.ts";
import { encodeProxyHeader } from "../../../relayer/src/domain/proxy-protocol.ts";
import { isInstalled, startBackend } from "../support/backend.ts";
import { eventually, hash, leaseFacts, nodeFacts, testKey } from "../support/builders.ts";
import {
  addressOfKey,
  type GatewayFixture,
  sayHello,
  startGatewayFixture,
  startPeer,
} from "../support/gateway-fixture.ts";
import { exchange, serveTunnels, startOrigin } from "../support/tunnel-node.ts";

const NODE_KEY = testKey(0x13);
const LOOPBACK = [{ address: "127.0.0.0", prefix: 8 }];
const CALLER = {
  source: { address: "203.0.113.9", port: 4_321 },
  destination: { address: "198.51.100.1", port: 443 },
};

describe("a door whose container wants a PROXY header", function () {
  this.timeout(30_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("tells the caller first, whoever speaks first, and what a caller sends stays payload", async () => {
    const { port, heard } = await setup({ proxyProtocol: "v1" });
    const forged = "PROXY TCP4 203.0.113.66 198.51.100.1 1 2\r\n";
    const caller = await dial(port);
    const { localPort } = caller;
    caller.end(forged);
    await eventually(() => heard()[0]?.endsWith(forged) === true);
    expect(heard()).to.deep.equal([`PROXY TCP4 127.0.0.1 127.0.0.1 ${localPort} ${port}\r\n${forged}`]);
    const silent = await dial(port);
    await eventually(() => heard()[1]?.startsWith("PROXY TCP4 127.0.0.1 ") === true);
    silent.destroy();
  });

  it("sends none where the container wants none", async () => {
    const { port, heard } = await setup({});
    (await dial(port)).end("plain");
    await eventually(() => heard().join("") === "plain");
  });

  it("keeps what the container wants over a restart of the gateway", async () => {
    const { gateway } = await setup({ proxyProtocol: "v2" });
    const [lease] = await gateway.store.allDoors();
    expect(lease?.doors[0]?.proxyProtocol).to.equal("v2");
  });

  for (const version of ["v1", "v2"] as const) {
    it(`passes on what a trusted balancer says, as ${version}`, async () => {
      const { port, heard } = await setup({ proxyProtocol: version, trusted: LOOPBACK });
      for (const inbound of ["v1", "v2"] as const) {
        const caller = await dial(port);
        const header = encodeProxyHeader(inbound, CALLER);
        caller.write(header.subarray(0, 5));
        await new Promise((resolve) => setTimeout(resolve, 30));
        caller.end(Buffer.concat([header.subarray(5), Buffer.from("hello")]));
        await new Promise((resolve) => caller.resume().once("close", resolve));
      }
      const expected = Buffer.from(encodeProxyHeader(version, CALLER)).toString("latin1");
      expect(heard()).to.deep.equal([`${expected}hello`, `${expected}hello`]);
    });

    for (const program of ["haproxy", "nginx"] as const)
      it(`is understood by ${program}, as ${version}`, async function () {
        if (!isInstalled(program)) this.skip();
        const backend = await startBackend(program);
        running.push(() => backend.stop());
        const { port } = await setup({ proxyProtocol: version, containerPort: backend.port });
        const answers = await Promise.all(
          Array.from({ length: 5 }, async () => {
            const caller = await dial(port);
            const { localPort } = caller;
            const answer = await ask(caller, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            return { answer, wanted: `127.0.0.1:${localPort} 127.0.0.1:${port}` };
          }),
        );
        for (const { answer, wanted } of answers) expect(answer).to.contain(wanted);
      });
  }

  it("counts by the address that the balancer tells, not by the balancer's", async () => {
    const { port, gateway } = await setup({ trusted: LOOPBACK, limits: { perAddress: 1 } });
    const callers = await Promise.all(
      [1, 2, 3, 3].map(async (last) => {
        const caller = await dial(port);
        caller.on("error", () => undefined);
        const source = { address: `203.0.113.${last}`, port: 1 };
        caller.write(encodeProxyHeader("v2", { ...CALLER, source }));
        return caller;
      }),
    );
    await eventually(async () => (await refused(gateway, "address")) === 1);
    expect(gateway.doors.counts().connections).to.equal(3);
    for (const caller of callers) caller.destroy();
  });

  it("refuses a balancer's connection without a header, or with a wrong one, and counts it", async () => {
    const { port, gateway, heard } = await setup({ trusted: LOOPBACK });
    for (const wrong of ["GET / HTTP/1.1\r\n\r\n", "PROXY TCP4 nonsense\r\n"])
      expect((await exchange(port, Buffer.from(wrong))).length).to.equal(0);
    expect((await exchange(port, Buffer.alloc(0))).length).to.equal(0);
    expect(await refused(gateway, "proxy_header")).to.equal(3);
    const silent = await dial(port);
    silent.on("error", () => undefined).resume();
    const started = performance.now();
    await new Promise((resolve) => silent.once("close", resolve));
    expect(performance.now() - started).to.be.within(4_000, 9_000);
    expect(await refused(gateway, "proxy_header")).to.equal(4);
    expect(heard()).to.deep.equal([]);
  });

  it("takes a balancer that speaks for itself at its own address", async () => {
    const { port, heard } = await setup({ proxyProtocol: "v1", trusted: LOOPBACK });
    (await dial(port)).end("PROXY UNKNOWN\r\nlive?");
    await eventually(() => /^PROXY TCP4 127\.0\.0\.1 .*\r\nlive\?$/u.test(heard()[0] ?? ""));
  });

  async function refused({ meter }: GatewayFixture, limit: string): Promise<number> {
    const { body } = await meter.text();
    const line = body.split("\n").find((one) => one.includes(`connections_refused_total{limit="${limit}"}`));
    return Number(line?.split(" ").at(-1) ?? 0);
  }

  async function dial(port: number): Promise<Socket> {
    const socket = connect({ port, host: "127.0.0.1" });
    // A gateway that stops resets what is still open.
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("connect", resolve));
    return socket;
  }

  async function ask(socket: Socket, question: string): Promise<string> {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.write(question);
    await new Promise((resolve) => socket.once("close", resolve));
    return Buffer.concat(chunks).toString();
  }

  interface Changes {
    readonly proxyProtocol?: DoorRequest["proxyProtocol"];
    readonly trusted?: readonly AddressBlock[];
    readonly containerPort?: number;
    readonly limits?: { readonly perAddress?: number };
  }

  async function setup({ proxyProtocol, trusted = [], containerPort, limits = {} }: Changes) {
    const conversations: Buffer[][] = [];
    const server = await startOrigin((socket) => {
      const chunks: Buffer[] = [];
      conversations.push(chunks);
      socket.on("data", (chunk) => chunks.push(chunk)).on("end", () => socket.end());
    });
    running.push(() => server.stop());
    const gateway = await startGatewayFixture({ trusted, limits });
    running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    gateway.chain.leases.set(1n, leaseFacts());
    const peer = await startPeer(NODE_KEY);
    running.push(async () => {
      await peer.stop();
    });
    await serveTunnels(peer, () => containerPort ?? server.port);
    await sayHello(peer, gateway.host);
    await eventually(() => gateway.nodes.find(1n)?.online === true);
    const door: DoorRequest = { service: "web", replica: 0, port: 8080, protocol: "tcp" };
    const doors = [proxyProtocol === undefined ? door : { ...door, proxyProtocol }];
    const { endpoints } = await gateway.doors.openDoors(1n, { lid: 1n, leaseHash: hash(0xaa), doors });
    const heard = (): string[] => conversations.map((chunks) => Buffer.concat(chunks).toString("latin1"));
    return { port: endpoints[0]?.publicPort ?? 0, gateway, heard };
  }
});
