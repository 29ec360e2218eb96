import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type DirectRule } from "@fizz/protocol/direct";
import { directResponseSchema, protocols } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type ObservedAddress, observedTypedData } from "@fizz/protocol/typed-data";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { PortForward } from "../../cli/src/connect/port-forward.ts";
import { type PathChange } from "../../cli/src/session/direct-path.ts";
import { type NodeSession } from "../../cli/src/session/node-session.ts";
import { eventually, testKey } from "../relayer/support/builders.ts";
import { addressOfKey, GATEWAY_KEY, startPeer } from "../relayer/support/gateway-fixture.ts";
import { exchange, startOrigin } from "../relayer/support/tunnel-node.ts";
import { recordGatewayView } from "../support/connect/gateway-view.ts";
import {
  DOMAIN,
  grantOf,
  openConnectSession,
  startConnectGateway,
  startConnectNode,
  TARGET,
  tcpAddress,
} from "../support/connect/parts.ts";

const CLIENT_KEY = testKey(0x22);
/** What a handful of pings and of the gateway's own messages may come to. */
const NEXT_TO_NOTHING = 20_000;

describe("a direct connection", function () {
  this.timeout(60_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("carries new connections past the gateway; those on the relay go on there", async () => {
    const world = await setup();
    const port = await forward(world.session);
    const early = connect({ port, host: "127.0.0.1" });
    expect(await ask(early, "before")).to.equal("before");
    const paths = goDirect(world.session);
    await eventually(() => paths.some(({ path }) => path === "direct"), 10_000);
    const before = world.view.bytes;
    const body = randomBytes(1_000_000);
    expect((await exchange(port, body)).equals(body)).to.equal(true);
    expect(world.view.bytes - before, "what the gateway relays meanwhile").to.be.below(NEXT_TO_NOTHING);
    expect(await ask(early, "after")).to.equal("after");
    early.destroy();
  });

  it("leaves the node's session with its gateway as it is", async () => {
    const world = await setup();
    const paths = goDirect(world.session);
    await eventually(() => paths.some(({ path }) => path === "direct"), 10_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(world.node.isConnected()).to.equal(true);
  });

  it("is replaced by the relay when it is lost, without a word to who connects", async () => {
    const world = await setup();
    const port = await forward(world.session);
    const paths = goDirect(world.session);
    await eventually(() => paths.some(({ path }) => path === "direct"), 10_000);
    await eventually(() => world.node.dropDirect() === 1);
    const before = world.view.bytes;
    const body = randomBytes(1_000_000);
    expect((await exchange(port, body)).equals(body)).to.equal(true);
    expect(world.view.bytes - before).to.be.above(body.length);
    await eventually(() => paths.at(-1)?.path === "gateway");
  });

  it("is not made to an address that is not public, unless a setting says so", async () => {
    for (const rules of [{ node: "public" }, { client: "public" }] as const) {
      const world = await setup(rules);
      const port = await forward(world.session);
      const paths = goDirect(world.session);
      await eventually(() => paths.length > 0, 10_000);
      expect(paths[0]?.reason?.code).to.equal("PEER_REFUSED");
      expect((await exchange(port, Buffer.from("relay"))).toString()).to.equal("relay");
    }
  });

  it("is not even asked for when it is switched off", async () => {
    const world = await setup({ client: "off" });
    const paths = goDirect(world.session);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(paths).to.deep.equal([]);
  });

  describe("is asked for with an address that", () => {
    const observed = (changes: Partial<ObservedAddress> = {}): ObservedAddress => ({
      peer: addressOfKey(CLIENT_KEY),
      host: "127.0.0.1",
      port: 40_000,
      at: Math.floor(Date.now() / 1_000),
      ...changes,
    });
    for (const [what, address, key] of [
      ["the client signed itself", observed(), CLIENT_KEY],
      ["was seen of somebody else", observed({ peer: addressOfKey(testKey(0x55)) }), GATEWAY_KEY],
      ["was seen an hour ago", observed({ at: Math.floor(Date.now() / 1_000) - 3_600 }), GATEWAY_KEY],
    ] as [string, ObservedAddress, Hex][])
      it(`${what}: the node dials nobody`, async () => {
        const world = await setup();
        expect(await askForDirect(world, address, key)).to.equal("IDENTITY_UNKNOWN");
      });
  });

  it("is asked for six times a minute, and no more", async () => {
    const world = await setup();
    const codes: string[] = [];
    for (let at = 0; at < 7; at += 1)
      codes.push(await askForDirect(world, observedOf(CLIENT_KEY), CLIENT_KEY));
    expect(codes.slice(0, 6)).to.deep.equal(Array(6).fill("IDENTITY_UNKNOWN"));
    expect(codes[6]).to.equal("RATE_LIMITED");
  });

  function observedOf(key: Hex): ObservedAddress {
    return { peer: addressOfKey(key), host: "127.0.0.1", port: 40_000, at: Math.floor(Date.now() / 1_000) };
  }

  /** Asks the node as a client of somebody's own making would. @returns The code of the refusal, or `go`. */
  async function askForDirect(world: World, observed: ObservedAddress, key: Hex): Promise<string> {
    world.peer ??= startPeer(CLIENT_KEY);
    const peer = await world.peer;
    running.push(async () => {
      await peer.stop();
    });
    const relayed = multiaddr(`${world.address}/p2p-circuit/p2p/${world.node.peerId}`);
    const framed = new FramedStream(await peer.dialProtocol(relayed, protocols.direct));
    const signature = await privateKeyToAccount(key).signTypedData(observedTypedData(DOMAIN, observed));
    const signed = await grantOf(CLIENT_KEY);
    const signal = AbortSignal.timeout(10_000);
    await framed.write({ signed, observed: { observed, signature } }, signal);
    const answer = await framed.require(directResponseSchema, signal);
    await framed.close();
    return answer.type === "error" ? answer.error.code : "go";
  }

  type World = Awaited<ReturnType<typeof setup>>;

  async function setup(rules: { node?: DirectRule; client?: DirectRule } = {}) {
    const origin = await startOrigin((socket: Socket) => socket.pipe(socket));
    running.push(() => origin.stop());
    const gateway = await startConnectGateway();
    running.push(() => gateway.stop());
    const view = recordGatewayView(gateway.host);
    const address = tcpAddress(gateway);
    const container = { host: "127.0.0.1", port: origin.port };
    const directRule = rules.node ?? "private";
    const node = await startConnectNode({ gateway: address, container: () => container, directRule });
    running.push(() => node.stop());
    const session = await openConnectSession(address, node.peerId, { directRule: rules.client ?? "private" });
    running.push(() => session.stop());
    const peer: ReturnType<typeof startPeer> | undefined = undefined;
    return { gateway, address, view, node, session, peer: peer as ReturnType<typeof startPeer> | undefined };
  }

  function goDirect(session: NodeSession): PathChange[] {
    const paths: PathChange[] = [];
    void session.goDirect((change) => paths.push(change));
    return paths;
  }

  async function forward(session: NodeSession): Promise<number> {
    const local = new PortForward({
      host: "127.0.0.1",
      port: 0,
      open: (signal) => session.connect(TARGET, signal),
      onTrouble: () => undefined,
    });
    running.push(() => local.stop());
    return await local.start();
  }

  /** Says something on a connection that answers the same. */
  async function ask(socket: Socket, words: string): Promise<string> {
    socket.write(words);
    const [answer] = (await once(socket, "data")) as [Buffer];
    return answer.toString();
  }
});
