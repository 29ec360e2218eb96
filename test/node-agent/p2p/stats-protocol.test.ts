import { readStats } from "@fizz/protocol/control";
import { ProtocolError } from "@fizz/protocol/errors";
import { protocols, type StatsSnapshot } from "@fizz/protocol/messages";
import { expect } from "chai";
import { serveControl, STATS_LIMITS } from "../../../node-agent/src/p2p/control-protocols.ts";
import { codeOf } from "../../support/code-of.ts";
import { createLibp2pPair } from "../../support/libp2p-pair.ts";
import { until } from "../../support/until.ts";
import { hashOf } from "../support/builders.ts";
import { silentLog } from "../support/silent-log.ts";
import { TestTenant } from "../support/tenant.ts";

const soon = (): AbortSignal => AbortSignal.timeout(10_000);

describe("stats of a deployment", function () {
  this.timeout(30_000);
  const cleanups: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it("are paced by their reader, and end with it", async () => {
    const { open, feeds } = await setup();
    const seen: number[] = [];
    for await (const [snapshot] of await open()) {
      seen.push(snapshot?.at ?? -1);
      if (seen.length === 3) break;
    }
    // A source that never waits is asked for the next one only when the one before was read.
    expect(seen).to.deep.equal([0, 1, 2]);
    await until(() => Promise.resolve(feeds.open === 0), "the feed ends");
    expect(feeds.asked).to.be.at.most(4);
  });

  it(`have at most ${STATS_LIMITS.perLease} readers in one lease, and a place is given back`, async () => {
    const { open, feeds } = await setup();
    const readers = [];
    for (let count = 0; count < STATS_LIMITS.perLease; count += 1) {
      const reader = await open();
      await reader.next();
      readers.push(reader);
    }
    expect(await codeOf((await open()).next())).to.equal("LIMIT_REACHED");
    await readers[0]?.return();
    await until(() => Promise.resolve(feeds.open === STATS_LIMITS.perLease - 1), "one has left");
    expect(await codeOf((await open()).next())).to.equal("(no error)");
  });

  it("need the scope status, no more", async () => {
    const { open, asked } = await setup(new ProtocolError("GRANT_SCOPE", "not covered"));
    expect(await codeOf((await open()).next())).to.equal("GRANT_SCOPE");
    expect(asked).to.deep.equal(["status"]);
  });

  async function setup(refusal?: ProtocolError) {
    const pair = await createLibp2pPair();
    cleanups.push(() => pair.stop());
    const asked: string[] = [];
    const feeds = { open: 0, asked: 0 };
    const never = (): never => {
      throw new Error("not part of this test");
    };
    const gate = {
      challenge: never,
      authorize: async (_credentials: unknown, scope: string) => {
        asked.push(scope);
        if (refusal !== undefined) throw refusal;
        return await Promise.resolve({ leaseHash: hashOf("lease"), signal: new AbortController().signal });
      },
    };
    const usage = {
      stats: async function* (_lease: unknown, _query: unknown, stop: AbortSignal) {
        feeds.open += 1;
        try {
          for (let at = 0; !stop.aborted; at += 1) {
            feeds.asked += 1;
            yield await Promise.resolve([{ at, replicas: [] }]);
          }
        } finally {
          feeds.open -= 1;
        }
      },
    };
    const views = { status: never, logs: never, events: never };
    const context = { log: silentLog, gatewayPeer: "", signal: new AbortController().signal };
    const limits = { enter: () => () => undefined };
    await serveControl(pair.listener, { gate, views, usage }, { ...context, limits });
    const auth = await new TestTenant().grant();
    const open = async (): Promise<AsyncGenerator<StatsSnapshot[], void, void>> => {
      const [connection] = pair.dialer.getConnections();
      const stream = await connection?.newStream(protocols.stats, { maxOutboundStreams: 100 });
      if (stream === undefined) throw new Error("there is no connection");
      return readStats(stream, { auth, query: { follow: true } }, soon());
    };
    return { asked, feeds, open };
  }
});
