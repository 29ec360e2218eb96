import { expect } from "chai";
import { fileURLToPath } from "node:url";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { LineProcess } from "../support/line-process.ts";
import { createTwoNats, type TwoNats, whyNoNamespaces } from "../support/netns/two-nats.ts";
import { until } from "../support/until.ts";

interface Facts {
  readonly online: number;
  readonly rttMs?: number;
}

describe("a node whose machine is gone without a word", function () {
  this.timeout(120_000);
  const shared = new Cleanup();
  let nats: TwoNats;

  before(async function () {
    if (whyNoNamespaces() !== undefined) return this.skip();
    nats = shared.use("networks", await createTwoNats());
    await nats.setRouter("left", "port-restricted");
  });
  after(() => shared.stop());

  it("is missed within 8 s and misses its gateway, though it has no leases, and is taken back when it comes", async () => {
    const listen = `/ip4/${nats.gateway.address}/tcp/4801`;
    const gateway = start("gateway", nats.gateway.prefix, listen);
    const { address } = await gateway.next<{ address: string }>();
    const node = start("node", nats.prefix("left", "inside"), address);
    await node.next();
    // The next ping is 30 s from the one that told the round trip.
    await until(async () => (await gateway.ask<Facts>("facts")).rttMs !== undefined, "it is pinged");
    expect((await gateway.ask<Facts>("facts")).online).to.equal(1);
    await nats.cutOff("left");
    const from = performance.now();
    await until(async () => (await gateway.ask<Facts>("facts")).online === 0, "it is missed");
    // Some for a busy machine; by pings alone it takes 30 s and more.
    expect((performance.now() - from) / 1_000).to.be.within(3, 12);
    const isAway = async (): Promise<boolean> =>
      !(await node.ask<{ isConnected: boolean }>("facts")).isConnected;
    await until(isAway, "it misses its gateway too");
    expect((performance.now() - from) / 1_000).to.be.within(3, 14);
    await nats.setRouter("left", "port-restricted");
    start("node", nats.prefix("left", "public"), address);
    await until(async () => (await gateway.ask<Facts>("facts")).online === 1, "it is back");
  });

  function start(what: "gateway" | "node", prefix: readonly string[], argument: string): LineProcess {
    const script = fileURLToPath(new URL(`../support/connect/${what}-process.ts`, import.meta.url));
    return shared.use(what, new LineProcess([...prefix, process.execPath, script, argument]));
  }
});
