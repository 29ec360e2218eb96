import { type Connection } from "@libp2p/interface";
import { expect } from "chai";
import { ClientPings } from "../../../node-agent/src/p2p/client-pings.ts";
import { createLibp2pPair, type Libp2pPair } from "../../support/libp2p-pair.ts";
import { until } from "../../support/until.ts";

const PING = "/ipfs/ping/1.0.0";

describe("pings to clients", function () {
  this.timeout(20_000);
  const cleanups: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it("end the connection of a client that is gone without a word", async () => {
    const { pair, pings } = await setup();
    pair.freeze();
    pings.start();
    await until(() => Promise.resolve(pair.listener.getConnections().length === 0), "it is ended", 10_000);
  });

  it("leave a client alone that answers, and one that says that it does not serve them", async () => {
    for (const isServed of [true, false]) {
      const { pair, pings, rounds } = await setup();
      let served = 0;
      if (isServed) await pair.dialer.handle(PING, () => void (served += 1), { maxInboundStreams: 100 });
      pings.start();
      await until(() => Promise.resolve(rounds() >= 5 && (served >= 3 || !isServed)), "they come", 10_000);
      expect(pair.listener.getConnections()).to.have.length(1);
    }
  });

  it("do not go to the gateway", async () => {
    const { pair, pings, rounds } = await setup((pair) => [pair.dialer.peerId.toString()]);
    pair.freeze();
    pings.start();
    await until(() => Promise.resolve(rounds() >= 10), "they would have come", 10_000);
    expect(pair.listener.getConnections()).to.have.length(1);
  });

  async function setup(gatewayPeers: (pair: Libp2pPair) => string[] = () => []) {
    const pair = await createLibp2pPair();
    cleanups.push(() => pair.stop());
    await until(() => Promise.resolve(pair.listener.getConnections().length === 1), "it is connected");
    let rounds = 0;
    const connectionManager = {
      getConnections: (): Connection[] => {
        rounds += 1;
        return pair.listener.getConnections();
      },
    };
    const init = { gatewayPeers: new Set(gatewayPeers(pair)), everyMs: 100, timeoutMs: 300 };
    const pings = new ClientPings({ connectionManager }, init);
    cleanups.push(() => {
      pings.stop();
    });
    return { pair, pings, rounds: () => rounds };
  }
});
