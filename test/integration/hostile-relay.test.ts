import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { openRaw } from "@fizz/protocol/control";
import { protocols } from "@fizz/protocol/messages";
import { type Connection, type PeerId, type Stream } from "@libp2p/interface";
import { expect } from "chai";
import { generatePrivateKey } from "viem/accounts";
import { PortForward } from "../../cli/src/connect/port-forward.ts";
import { type GatewayFixture, reserve, startPeer } from "../relayer/support/gateway-fixture.ts";
import { startOrigin } from "../relayer/support/tunnel-node.ts";
import { codeOf } from "../support/code-of.ts";
import { type Tamper, tamperRelayed } from "../support/connect/gateway-view.ts";
import {
  grantOf,
  openConnectSession,
  startConnectGateway,
  startConnectNode,
  TARGET,
  tcpAddress,
} from "../support/connect/parts.ts";

const soon = (): AbortSignal => AbortSignal.timeout(15_000);
const PIECE = 64 * 1024;

/** A gateway's own libp2p host, with its own key and its own relay, which works against those who use it. */
describe("a hostile gateway between a tenant and its node", function () {
  this.timeout(60_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("cannot put a machine of its own in the node's place: the key at the other end must be the operator's", async () => {
    const { gateway, address, peerId } = await setup((socket) => socket.end("hello"));
    const taken: unknown[] = [];
    const evil = await startPeer(generatePrivateKey());
    running.push(async () => {
      await evil.stop();
    });
    await evil.handle(protocols.connect, (stream) => {
      taken.push(stream);
    });
    gateway.links.whenAdmitted = () => Promise.resolve(true);
    await reserve(evil, gateway.host);
    // Whoever asks its relay for the node is connected with the other machine.
    redirect(gateway, peerId, evil.peerId);
    const session = await openConnectSession(address, peerId);
    running.push(() => session.stop());
    expect(await codeOf(session.connect(TARGET, soon()))).to.equal("NODE_UNREACHABLE");
    expect(taken, "no grant reached it").to.deep.equal([]);
  });

  it("cannot use a grant that it has: neither over its connection with the node, nor as a client", async () => {
    const { gateway, address, peerId } = await setup((socket) => socket.end("hello"));
    const signed = await grantOf(generatePrivateKey());
    const own = await gateway.links.openStream(1n, protocols.connect, soon());
    const used = openRaw(own, { signed, target: TARGET }, soon());
    expect(await codeOf(used)).to.equal("SESSION_NOT_PROVEN");
    // As a client with a session key of its own, and the tenant's grant for another one.
    const session = await openConnectSession(address, peerId, {
      grant: { sessionKey: signed.grant.sessionKey },
    });
    running.push(() => session.stop());
    expect(await codeOf(session.connect(TARGET, soon()))).to.equal("SESSION_NOT_PROVEN");
  });

  const tampers: readonly (readonly [string, () => Tamper])[] = [
    ["drops", () => once(() => [])],
    ["doubles", () => once((data) => [data, data])],
    ["changes", () => once((data) => [data.map((byte, at) => (at === data.length - 1 ? byte ^ 1 : byte))])],
    ["reorders", () => reordered()],
  ];
  for (const [what, make] of tampers)
    it(`is found when it ${what} a piece: what the tenant reads is a true beginning, and then a reset`, async () => {
      const body = randomBytes(64 * PIECE);
      const { gateway, address, peerId } = await setup((socket) => socket.end(body));
      let tamper: Tamper | undefined;
      tamperRelayed(gateway.host, () => tamper);
      const session = await openConnectSession(address, peerId);
      running.push(() => session.stop());
      const open = async (signal: AbortSignal): Promise<Stream> => {
        const stream = await session.connect(TARGET, signal);
        tamper = make();
        return stream;
      };
      const local = new PortForward({ host: "127.0.0.1", port: 0, open, onTrouble: () => undefined });
      running.push(() => local.stop());
      const { read, isWhole } = await readAll(await local.start());
      expect(isWhole, "the tenant's program is told").to.equal(false);
      expect(read.length).to.be.below(body.length);
      expect(read.equals(body.subarray(0, read.length)), "no byte is false").to.equal(true);
    });

  async function setup(serve: (socket: Socket) => unknown) {
    const origin = await startOrigin((socket) => {
      serve(socket);
    });
    running.push(() => origin.stop());
    const gateway = await startConnectGateway();
    running.push(() => gateway.stop());
    const address = tcpAddress(gateway);
    const container = { host: "127.0.0.1", port: origin.port };
    const node = await startConnectNode({ gateway: address, container: () => container });
    running.push(() => node.stop());
    return { gateway, address, peerId: node.peerId };
  }

  function redirect({ host }: GatewayFixture, from: string, to: PeerId): void {
    const { components } = host as unknown as {
      components: { connectionManager: { getConnections(peer?: PeerId): Connection[] } };
    };
    const { connectionManager } = components;
    const real = connectionManager.getConnections.bind(connectionManager);
    connectionManager.getConnections = (peer) => real(peer?.toString() === from ? to : peer);
  }

  /** What a program reads at the local port, and whether it is told that this is all. */
  async function readAll(port: number): Promise<{ read: Buffer; isWhole: boolean }> {
    const socket = connect(port, "127.0.0.1");
    const chunks: Buffer[] = [];
    let isWhole = false;
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => (isWhole = true));
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("close", resolve));
    return { read: Buffer.concat(chunks), isWhole };
  }

  /** The third piece alone. */
  function once(change: Tamper): Tamper {
    let count = 0;
    return (data) => {
      count += 1;
      return count === 3 ? change(data) : [data];
    };
  }

  function reordered(): Tamper {
    let count = 0;
    let kept: Uint8Array | undefined;
    return (data) => {
      count += 1;
      if (count === 3) {
        kept = data;
        return [];
      }
      const pieces = kept === undefined ? [data] : [data, kept];
      kept = undefined;
      return pieces;
    };
  }
});
