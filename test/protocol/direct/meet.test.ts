import { type DirectComponents, DirectDialer, meet } from "@fizz/protocol/direct";
import { MUXER_INIT } from "@fizz/protocol/streams";
import { type Connection, type Upgrader } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { createLibp2p, type Libp2p } from "libp2p";
import { freePort } from "../../../scripts/lib/free-port.ts";
import { codeOf } from "../../support/code-of.ts";

/** Longer than somebody is listened for, and far shorter than the handshakes may take. */
const SLOW_MS = 400;
const LISTEN_MS = 100;

describe("a direct meeting, on a machine that is slow with its handshakes", function () {
  this.timeout(30_000);
  const running: Libp2p[] = [];
  afterEach(async () => {
    for (const host of running.splice(0)) await host.stop();
  });

  it("lets in who came while it was listened, and keeps the connection that the other end has", async () => {
    const [near, far] = [await startHost(0), await startHost(SLOW_MS)];
    const [nearPort, farPort] = [await freePort(), await freePort()];
    const accepted = far.services.direct.accept({
      ...{ address: addressOf(near, nearPort), localPort: farPort, role: "listener" },
      signal: AbortSignal.timeout(LISTEN_MS),
    });
    const signal = AbortSignal.timeout(10_000);
    const way = { address: addressOf(far, farPort), localPort: nearPort, role: "dialler", signal } as const;
    const [connection] = await Promise.all([near.services.direct.dial(way), accepted]);
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    expect(connection?.status).to.equal("open");
    expect(far.getConnections().map(({ status }) => status)).to.deep.equal(["open"]);
  });

  it("gives up listening in time when nobody comes", async () => {
    const [near, far] = [await startHost(0), await startHost(0)];
    const accepted = far.services.direct.accept({
      ...{ address: addressOf(near, await freePort()), localPort: await freePort(), role: "listener" },
      signal: AbortSignal.timeout(LISTEN_MS),
    });
    expect(await codeOf(accepted)).to.equal("TIMEOUT");
  });

  it("takes who was on the way in when its own dial failed", async () => {
    const connection = {} as Connection;
    const asked: string[] = [];
    const dialer = {
      dial: async (): Promise<never> => {
        asked.push("dial");
        await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
        throw new Error("refused");
      },
      accept: async (): Promise<Connection> => {
        asked.push("accept");
        await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
        return connection;
      },
    } as unknown as DirectDialer;
    const at = { peer: "0x", host: "127.0.0.1", port: 1, at: 0 } as const;
    const signal = AbortSignal.timeout(10_000);
    const met = await meet({ dialer, role: "dialler", peer: "somebody", at, localPort: 2, signal });
    expect([met === connection, asked]).to.deep.equal([true, ["dial", "accept"]]);
  });

  type DirectHost = Libp2p<{ direct: DirectDialer }>;

  async function startHost(slowMs: number): Promise<DirectHost> {
    const host = await createLibp2p({
      addresses: { listen: [] },
      transports: [tcp({ closeServerOnMaxConnections: { closeAbove: 1, listenBelow: 0 } })],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux(MUXER_INIT)],
      connectionGater: { denyDialMultiaddr: () => false },
      services: {
        direct: ({ upgrader, transportManager }: DirectComponents) =>
          new DirectDialer({ upgrader: slowly(upgrader, slowMs), transportManager }, multiaddr),
      },
    });
    running.push(host);
    return host;
  }

  /** The same upgrader; before the handshakes of who comes in it does nothing for a while. */
  function slowly(upgrader: Upgrader, slowMs: number): Upgrader {
    const upgradeInbound: Upgrader["upgradeInbound"] = async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, slowMs));
      await upgrader.upgradeInbound(...args);
    };
    return Object.assign(Object.create(upgrader) as Upgrader, { upgradeInbound });
  }

  function addressOf(host: Libp2p, port: number): string {
    return `/ip4/127.0.0.1/tcp/${port}/p2p/${host.peerId.toString()}`;
  }
});
