import {
  earningsPageSchema,
  historyEventSchema,
  leaseHistorySchema,
  leasesPageSchema,
} from "@fizz/protocol/messages";
import { expect } from "chai";
import { fastify, type FastifyInstance } from "fastify";
import { toWire } from "@fizz/protocol/messages";
import { errorToHttp } from "../../../relayer/src/http/errors.ts";
import { addHistoryRoutes } from "../../../relayer/src/http/history-routes.ts";
import { HistoryDesk } from "../../../relayer/src/services/history-desk.ts";
import { SqlStore } from "../../../relayer/src/store/sql-store.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { memoryLogger } from "../support/builders.ts";
import { openedEvent, ORIGIN, settledEvent, TENANT } from "../support/history-events.ts";
import { temporaryEngine } from "../support/temporary-engine.ts";

describe("the routes of the history", function () {
  this.timeout(60_000);
  const cleanup = new Cleanup();
  let app: FastifyInstance;
  let desk: HistoryDesk;
  before(async () => {
    const whole = new SqlStore(temporaryEngine());
    await whole.start();
    cleanup.use("store", whole);
    const store = whole.history();
    await store.begin(ORIGIN);
    const events = [
      openedEvent(1, { block: 5n }),
      settledEvent(1, { block: 9n }),
      openedEvent(2, { block: 9n, logIndex: 1 }),
    ];
    const blocks = [{ number: 9n, hash: events[2]?.blockHash ?? "0x", time: events[2]?.time ?? 0 }];
    const at = ORIGIN.after;
    await store.append({ expected: at, fork: at, blocks, events, head: 10n });
    const chain = { health: () => ({ reachable: true, head: "12", lastSeenAt: 1 }) };
    const indexer = { isRunning: false, reorganisations: 0 };
    desk = new HistoryDesk({ store, chain, indexer, logger: memoryLogger() }, 2n);
    app = fastify().setReplySerializer(toWire);
    app.setErrorHandler((error, _, reply) =>
      reply.status(errorToHttp(error).status).send(errorToHttp(error).body),
    );
    addHistoryRoutes(app, { history: desk, historyLimit: () => 100 });
  });
  after(async () => {
    await desk.stop();
    await cleanup.stop();
  });

  it("answer by their schemas: amounts are strings, and each says up to which block it is true", async () => {
    const { leases, asOf } = leasesPageSchema.parse(await get(`/v1/leases?tenant=${TENANT}&limit=1`));
    expect(leases.map(({ lid }) => lid)).to.deep.equal([2n]);
    expect(asOf).to.deep.include({ block: 9n, finalBlock: 7n, head: 12n });
    const raw = await get("/v1/leases/1/history");
    expect(raw).to.nested.include({ "lease.paid": "100", "events[1].block": "9", "events[1].final": false });
    const { events } = leaseHistorySchema.parse(raw);
    expect(historyEventSchema.parse((raw as { events: unknown[] }).events[0]).args["locked"]).to.equal(
      "1000",
    );
    expect(events.map(({ event }) => event)).to.deep.equal(["LeaseOpened", "LeaseSettled"]);
    const { days } = earningsPageSchema.parse(await get("/v1/earnings?nodeId=1"));
    expect(days.map(({ released }) => released)).to.deep.equal([85n]);
  });

  it("refuse what is no question", async () => {
    for (const path of [
      "/v1/leases?tenant=me",
      "/v1/leases?limit=0",
      "/v1/leases?limit=501",
      "/v1/leases?state=none",
      "/v1/leases?colour=red",
      "/v1/leases/x/history",
      "/v1/leases/1/history?cursor=5",
      "/v1/earnings",
      "/v1/earnings?nodeId=1&subnetId=1",
      "/v1/earnings?subnetId=4294967296",
    ])
      expect(await codeAt(path), path).to.equal("INPUT_INVALID");
    expect(await codeAt("/v1/leases/3/history")).to.equal("LEASE_NOT_FOUND");
  });

  it("tell how far the history is", async () => {
    desk.start();
    await desk.stop();
    expect(desk.status()).to.deep.equal({
      ...{ block: "9", head: "12", lag: 3, events: 3, indexing: false, reorganisations: 0 },
    });
  });

  async function get(url: string): Promise<unknown> {
    return (await app.inject({ url })).json();
  }

  async function codeAt(url: string): Promise<string> {
    return ((await get(url)) as { error: { code: string } }).error.code;
  }
});
