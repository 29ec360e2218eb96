import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type LinkRequest } from "@fizz/protocol/messages";
import { expect } from "chai";
import { serveDataLinks } from "../../node-agent/src/p2p/data-link.ts";
import { GatewaySession } from "../../node-agent/src/p2p/gateway-session.ts";
import { PeerLimits } from "../../node-agent/src/p2p/peer-limits.ts";
import { serveTunnelLink } from "../../node-agent/src/p2p/tunnel-link.ts";
import { systemClock } from "../../node-agent/src/system-clock.ts";
import { dataLinkPair } from "../../relayer/src/p2p/data-link-listener.ts";
import { type DataLinksComponents } from "../../relayer/src/p2p/data-links.ts";
import { idlePulsing } from "../node-agent/support/memory-pulses.ts";
import { silentLog } from "../node-agent/support/silent-log.ts";
import {
  eventually,
  hash,
  leaseFacts,
  MARKET,
  nodeFacts,
  offer,
  SLASHER,
  testKey,
} from "../relayer/support/builders.ts";
import {
  addressOfKey,
  type GatewayFixture,
  startGatewayFixture,
} from "../relayer/support/gateway-fixture.ts";
import { startOrigin } from "../relayer/support/tunnel-node.ts";

const NODE_KEY = testKey(0x31);
const LEASE = { lid: 1n, leaseHash: hash(0xab) };
const MIB = 1024 * 1024;

describe("a data link", function () {
  this.timeout(60_000);

  it("is asked for when doors are opened; when it breaks, nobody waits for the next one", async () => {
    const { gateway, talk, dataLinks, sockets } = await setup();
    await eventually(() => dataLinks() === 1);
    const carried = await talk();
    for (const socket of sockets) (await socket).destroy();
    await eventually(() => carried.destroyed && dataLinks() === 0);
    const between = await talk();
    await eventually(() => dataLinks() === 1);
    expect(await counted(gateway, 'data_links_total{outcome="opened"}')).to.equal(2);
    // What began over the tunnel link stays there.
    for (const socket of sockets) (await socket).destroy();
    await eventually(() => dataLinks() === 0);
    expect(await say(between, "still here")).to.equal("still here");
  });

  it("carries every byte both ways at once, with halves that end on their own", async () => {
    const { talk, dataLinks } = await setup();
    await talk();
    await eventually(() => dataLinks() === 1);
    const digests = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const bytes = randomBytes(2 * MIB + index);
        const socket = await talk("");
        const hashed = createHash("sha256");
        socket.on("data", (chunk) => hashed.update(chunk));
        socket.end(bytes);
        await once(socket, "end");
        return [hashed.digest("hex"), createHash("sha256").update(bytes).digest("hex")];
      }),
    );
    for (const [got, sent] of digests) expect(got).to.equal(sent);
  });

  it("is no need: a node that cannot connect it, or knows nothing of it, is served over its tunnel link", async () => {
    const spoilt = (request: LinkRequest): LinkRequest => ({ ...request, port: 1 });
    for (const options of [{ spoilt }, { isOld: true }]) {
      const { gateway, talk, dataLinks } = await setup(options);
      expect(await say(await talk(), "hello")).to.equal("hello");
      await eventually(async () => (await counted(gateway, 'data_links_total{outcome="failed"}')) === 1);
      expect(await say(await talk(), "hello again")).to.equal("hello again");
      expect(dataLinks()).to.equal(0);
    }
  });

  it("tries again later, and not before", async () => {
    let now = 0;
    let port = 1;
    const spoilt = (request: LinkRequest): LinkRequest => (port === 0 ? request : { ...request, port });
    const { gateway, talk, dataLinks } = await setup({ spoilt, now: () => now });
    const failures = () => counted(gateway, 'data_links_total{outcome="failed"}');
    await talk();
    await eventually(async () => (await failures()) === 1);
    port = 0;
    now = 9_999;
    await talk();
    expect([await failures(), dataLinks()]).to.deep.equal([1, 0]);
    now = 10_000;
    await talk();
    await eventually(() => dataLinks() === 1);
  });

  it("is refused by a node that is shown another certificate than it was told", async () => {
    const { cert: certificate } = await dataLinkPair(Date.now());
    const spoilt = (request: LinkRequest): LinkRequest => ({ ...request, certificate });
    const { gateway, talk, dataLinks } = await setup({ spoilt });
    await talk();
    await eventually(async () => (await counted(gateway, 'data_links_total{outcome="failed"}')) === 1);
    expect(dataLinks()).to.equal(0);
  });

  it("ends with the node's connection", async () => {
    const { talk, dataLinks, session } = await setup();
    await talk();
    await eventually(() => dataLinks() === 1);
    const carried = await talk();
    await session.close();
    await eventually(() => dataLinks() === 0 && carried.destroyed);
  });

  it("stays while the node has leases, and is given back ten minutes after the last connection", async () => {
    let now = 0;
    let leased = new Set([1n]);
    const { talk, dataLinks, tick } = await setup({ now: () => now, leasedNodes: () => leased });
    const last = await talk();
    await eventually(() => dataLinks() === 1);
    last.destroy();
    await eventually(() => dataLinks() === 1);
    now = 600_000;
    tick();
    expect(dataLinks()).to.equal(1);
    leased = new Set();
    now = 1_199_999;
    tick();
    expect(dataLinks()).to.equal(1);
    now = 1_200_000;
    tick();
    expect(dataLinks()).to.equal(0);
  });

  it("is replaced when it is worn, and ends with the last connection that it carries", async () => {
    const { gateway, talk, dataLinks } = await setup({ wornBytes: MIB });
    await eventually(() => dataLinks() === 1);
    const long = await talk();
    await say(long, randomBytes(MIB).toString("latin1"));
    await talk();
    await eventually(() => dataLinks() === 2);
    long.destroy();
    await eventually(() => dataLinks() === 1);
    expect(await counted(gateway, 'data_links_total{outcome="opened"}')).to.equal(2);
  });

  const running: (() => Promise<void> | undefined)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  interface Options extends Partial<Pick<DataLinksComponents, "now" | "wornBytes">> {
    readonly leasedNodes?: () => ReadonlySet<bigint>;
    /** What the node is told instead. */
    readonly spoilt?: (request: LinkRequest) => LinkRequest;
    /** The node knows no data links. */
    readonly isOld?: boolean;
  }

  /** A gateway, and a node whose container gives back what it gets. */
  async function setup({
    spoilt = (request) => request,
    isOld = false,
    leasedNodes = () => new Set([1n]),
    ...rest
  }: Options = {}) {
    const sockets: Promise<Socket>[] = [];
    const gateway = await startGatewayFixture({
      leasedNodes,
      dataLinks: (listener) => ({
        ...rest,
        listener: {
          expect: () => {
            const expected = listener.expect();
            sockets.push(expected.socket);
            return { ...expected, request: spoilt(expected.request) };
          },
        },
      }),
    });
    running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    gateway.chain.leases.set(1n, leaseFacts(LEASE));
    const origin = await startOrigin((socket) => socket.pipe(socket));
    running.push(() => origin.stop());
    const session = startSession(gateway, isOld);
    running.push(() => session.close());
    const { run } = await session.open();
    void run();
    const door = { service: "web", replica: 0, port: origin.port, protocol: "tcp" } as const;
    const request = { ...LEASE, doors: [door] };
    const { endpoints } = await session.openDoors(request, AbortSignal.timeout(10_000));
    const talk = async (first = "hello"): Promise<Socket> => {
      const socket = connect({ port: endpoints[0]?.publicPort ?? 0, host: "127.0.0.1", allowHalfOpen: true });
      socket.on("error", () => undefined);
      running.push(() => void socket.destroy());
      if (first !== "") await say(socket, first);
      return socket;
    };
    return {
      gateway,
      session,
      sockets,
      talk,
      dataLinks: () => gateway.dataLinks?.count ?? 0,
      tick: () => gateway.dataLinks?.tick(leasedNodes()),
    };
  }

  /** Sends a text, and waits until as much has come back. */
  async function say(socket: Socket, text: string): Promise<string> {
    let heard = "";
    const onData = (chunk: Buffer): void => {
      heard += chunk.toString("latin1");
    };
    socket.on("data", onData);
    socket.write(text, "latin1");
    await eventually(() => heard.length >= text.length, 10_000);
    socket.off("data", onData);
    return heard;
  }

  async function counted({ meter }: GatewayFixture, metric: string): Promise<number> {
    const { body } = await meter.text();
    const line = body.split("\n").find((one) => one.startsWith(`fizz_gateway_${metric} `));
    return Number(line?.split(" ").at(-1) ?? 0);
  }

  function startSession(gateway: GatewayFixture, isOld: boolean): GatewaySession {
    const gatewayPeer = gateway.host.peerId.toString();
    const targets = {
      locate: ({ port }: { readonly port: number }) => Promise.resolve({ host: "127.0.0.1", port }),
    };
    return new GatewaySession(
      {
        clock: systemClock,
        log: silentLog,
        offer: () => Promise.resolve(offer()),
        pulsing: idlePulsing({ key: NODE_KEY, nodeId: 1n, slasher: SLASHER }),
        serve: async (host, signal) => {
          const context = { log: silentLog, gatewayPeer, signal, limits: new PeerLimits(systemClock) };
          await serveTunnelLink(host, { targets, context });
          if (!isOld) await serveDataLinks(host, { targets, context });
        },
      },
      {
        privateKey: NODE_KEY,
        gatewayPeer,
        subnetId: 1,
        multiaddrs: gateway.host
          .getMultiaddrs()
          .map((address) => address.toString())
          .filter((address) => !address.includes("/ws")),
        hello: { agentVersion: "0.1.0", chainId: 31_337, market: MARKET, nodeId: 1n },
      },
    );
  }
});
