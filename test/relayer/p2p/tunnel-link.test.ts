import { expect } from "chai";
import { connect, createServer, type Socket } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import { until } from "../../support/until.ts";
import { nodeFacts, testKey } from "../support/builders.ts";
import {
  addressOfKey,
  gatewayAddress,
  type GatewayFixture,
  sayHelloOver,
  startGatewayFixture,
  startPeer,
} from "../support/gateway-fixture.ts";
import { serveTunnelRequests } from "../support/tunnel-node.ts";

const NODE_KEY = testKey(0x11);

describe("the gateway's end of a tunnel link", function () {
  this.timeout(60_000);

  it("notices a node with leases that is gone without a word, and takes it back at once", async () => {
    const { gateway, dial, freeze } = await setup([1n]);
    await dial();
    await until(() => Promise.resolve(gateway.tunnelLinks.rttMs(1n) !== undefined), "the link is up");
    const from = performance.now();
    freeze();
    await until(() => Promise.resolve(gateway.nodes.find(1n)?.online === false), "the node is offline");
    // 8 s, and some for a busy machine: the silence of hello alone takes 20 s.
    expect((performance.now() - from) / 1_000).to.be.below(15);
    expect(await counted(gateway, "silence")).to.equal(1);
    await dial();
    await until(() => Promise.resolve(gateway.nodes.find(1n)?.online === true), "the node is back");
  });

  it("cuts off a node that breaks the rules, and counts it", async () => {
    const { gateway, dial, peer } = await setup();
    await peer.handle(
      "/fizz/tunnel/3.0.0",
      (stream) => {
        stream.send(new Uint8Array(64));
      },
      { force: true },
    );
    const connection = await dial();
    await until(() => Promise.resolve(connection.status !== "open"), "the connection is cut");
    await until(async () => (await counted(gateway, "violation")) === 1, "it is counted");
    expect(gateway.nodes.find(1n)?.online).to.equal(false);
  });

  it("knows the round trip to a node", async () => {
    const { gateway, dial } = await setup();
    await dial();
    await until(() => Promise.resolve(gateway.tunnelLinks.rttMs(1n) !== undefined), "a ping is answered");
    expect(gateway.tunnelLinks.rttMs(1n)).to.be.within(0, 10_000);
  });

  const running: (() => Promise<unknown> | undefined)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  async function counted({ meter }: GatewayFixture, reason: string): Promise<number> {
    const { body } = await meter.text();
    const name = `fizz_gateway_links_ended_total{reason="${reason}"} `;
    const line = body.split("\n").find((one) => one.startsWith(name));
    return Number(line?.split(" ").at(-1) ?? 0);
  }

  /** A gateway, a node, and a way between them that can lose everything from one moment on. */
  async function setup(leased: readonly bigint[] = []) {
    const gateway = await startGatewayFixture({ leasedNodes: () => new Set(leased) });
    running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    const [, port = "0"] = /tcp\/(\d+)/.exec(gatewayAddress(gateway.host, "tcp")) ?? [];
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect({ port: Number(port), host: "127.0.0.1" });
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) {
        socket.on("error", () => undefined);
        socket.on("close", () => {
          near.destroy();
          far.destroy();
        });
        sockets.add(socket);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    running.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const freeze = (): void => {
      for (const socket of sockets) socket.unpipe().pause();
    };
    const peer = await startPeer(NODE_KEY);
    running.push(() => Promise.resolve(peer.stop()));
    await serveTunnelRequests(peer, ({ refuse }) => {
      refuse(new TypeError("nothing here"));
    });
    const dial = async () => {
      const address = server.address();
      const proxyPort = typeof address === "object" && address !== null ? address.port : 0;
      const { connection } = await sayHelloOver(peer, multiaddr(`/ip4/127.0.0.1/tcp/${proxyPort}`));
      return connection;
    };
    return { gateway, peer, dial, freeze };
  }
});
