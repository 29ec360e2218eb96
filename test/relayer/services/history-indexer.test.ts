import { ProtocolError } from "@fizz/protocol/errors";
import { earningsQuerySchema, leasesQuerySchema } from "@fizz/protocol/messages";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { type HistoryStore } from "../../../relayer/src/history-ports.ts";
import { SqlStore } from "../../../relayer/src/store/sql-store.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { codeOf } from "../../support/code-of.ts";
import { until } from "../../support/until.ts";
import { type HistoryKit, historyKit, MAX_STEPS } from "../support/history-kit.ts";
import { historyWorld, type HistoryWorld } from "../support/history-world.ts";
import { type RpcProxy, startRpcProxy } from "../support/rpc-proxy.ts";
import { temporaryEngine } from "../support/temporary-engine.ts";

const DEPTH = 2n;
/** Of a lease that is there. */
const FOUND = "(no error)";

describe("the history of a real chain", function () {
  this.timeout(240_000);
  const cleanup = new Cleanup();
  let world: HistoryWorld;
  let proxy: RpcProxy;
  let whole: SqlStore;
  let indexer: HistoryKit["indexer"];
  let { begin, find, expectAsOnChain, expectAll } = {} as HistoryKit;
  before(async () => {
    world = await historyWorld();
    cleanup.use("chain", world.anvil);
    proxy = cleanup.use("proxy", await startRpcProxy(world.anvil.rpcUrl));
    whole = new SqlStore(temporaryEngine());
    await whole.start();
    cleanup.use("store", whole);
    ({ indexer, begin, find, expectAsOnChain, expectAll } = historyKit({ world, proxy, whole }));
  });
  after(() => cleanup.stop());

  it("says of a lease what the chain says, from its opening to what was collected of it", async () => {
    const { store, follow } = indexer();
    await world.openOne();
    const { leaseHash } = await world.leaseOf(1n);
    await world.send("node", "confirmStart", [1n, leaseHash]);
    await world.test.increaseTime({ seconds: 100 });
    await world.send("tenant", "settle", [1n]);
    await world.send("tenant", "topUp", [1n, 5_000n]);
    await follow();
    await expectAsOnChain(store, 1n);
    await world.send("tenant", "close", [1n, 1]);
    await world.send("node", "collect", [1n, 1, zeroAddress]);
    await follow();
    const lease = await expectAsOnChain(store, 1n);
    expect(lease).to.deep.include({ state: "closed", reason: 1, balance: 0n });
    expect(lease.paid + lease.refunded).to.equal(lease.locked + lease.toppedUp);
    const { days } = await store.earnings(earningsQuerySchema.parse({ nodeId: "1" }), DEPTH);
    expect(days.reduce((sum, { released }) => sum + released, 0n)).to.equal(lease.toNode);
    expect(days.reduce((sum, { collected }) => sum + collected, 0n)).to.equal(lease.toNode);
    expect(lease.toNode > 0n).to.equal(true);
  });

  it("loses a lease that a reorganisation drops, and finds it again in another block under another number", async () => {
    const { store, follow } = indexer();
    await follow();
    const { leaseHash, raw } = await world.openOne();
    await follow();
    const lid = await world.leaseCount();
    expect((await find(store, lid)).leaseHash).to.equal(leaseHash);
    await world.reorganise(1);
    expect(await world.leaseCount()).to.equal(lid - 1n);
    await follow();
    expect(await codeOf(find(store, lid))).to.equal("LEASE_NOT_FOUND");

    const squatter = await world.openOne("node");
    await world.replay(raw);
    await follow();
    expect((await find(store, lid)).leaseHash).to.equal(squatter.leaseHash);
    expect((await find(store, lid + 1n)).leaseHash).to.equal(leaseHash);
    await expectAll(store);
  });

  it("follows the other branch whatever its length, in one step that no reader sees half of", async () => {
    const { store, follow, step } = indexer();
    await world.openOne();
    const lid = await world.leaseCount();
    await world.test.mine({ blocks: 20 });
    await follow();
    const snapshot = await world.test.snapshot();
    await world.send("node", "confirmStart", [lid, (await world.leaseOf(lid)).leaseHash]);
    await world.test.mine({ blocks: 10 });
    await follow();
    expect((await find(store, lid)).state).to.equal("active");
    await world.test.revert({ id: snapshot });
    await world.send("tenant", "close", [lid, 1]);
    await step();
    expect((await find(store, lid)).state, "one step").to.equal("closed");
    await follow();
    await expectAll(store);
  });

  it("survives a reorganisation deeper than the hashes that it keeps", async () => {
    const { store, follow, logger } = indexer();
    await world.openOne();
    const kept = await world.leaseCount();
    await follow();
    const snapshot = await world.test.snapshot();
    await world.openOne();
    await world.test.mine({ blocks: 400 });
    await world.openOne();
    await follow();
    await world.test.revert({ id: snapshot });
    await world.test.mine({ blocks: 450 });
    const { leaseHash } = await world.openOne();
    await follow();
    expect(logger.events).to.include("history.reorganised");
    expect((await find(store, kept + 1n)).leaseHash).to.equal(leaseHash);
    expect(await codeOf(find(store, kept + 2n))).to.equal("LEASE_NOT_FOUND");
    await expectAll(store);
  });

  it("begins anew when no block is left that it knows", async () => {
    const { store, follow, logger } = indexer();
    await follow();
    await whole.run((database) =>
      database.execute("UPDATE history_blocks SET hash = '0x' || repeat('7', 64)"),
    );
    await whole.run((database) =>
      database.execute("UPDATE history_events SET block_hash = '0x' || repeat('7', 64)"),
    );
    await follow();
    expect(logger.events).to.include("history.lost");
    await expectAll(store);
  });

  it("doubles nothing and loses nothing, wherever it is killed", async () => {
    const store = whole.history();
    for (let at = 0; at < 5; at += 1) await world.openOne();
    await world.test.mine({ blocks: 100 });
    for (let at = 0; at < 5; at += 1) await world.openOne();
    await begin(store);
    let writes = 0;
    const dying: HistoryStore = {
      ...store,
      append: async (batch) => {
        writes += 1;
        if (writes % 3 === 0) throw new ProtocolError("STORE_FAILED", "killed before it wrote");
        const written = await store.append(batch);
        if (writes % 3 === 1) throw new ProtocolError("STORE_FAILED", "killed after it wrote");
        return written;
      },
    };
    for (let life = 0; life < MAX_STEPS; life += 1) {
      // Each life knows nothing of the one before.
      const { step } = indexer(dying);
      const hasMore = await step().catch(() => true);
      if (!hasMore) break;
    }
    expect(writes).to.be.above(3);
    await expectAll(store);
  });

  it("asks for less when the RPC refuses so much, and waits while it does not answer at all", async () => {
    const { store, follow, step } = indexer();
    await begin(store);
    proxy.maxBlocks = 7;
    await follow();
    await expectAll(store);
    proxy.maxBlocks = 0;
    await begin(store);
    expect(await codeOf(follow())).to.equal("CHAIN_UNREACHABLE");
    proxy.maxBlocks = Infinity;
    await follow();
    const { block, blockHash } = (await store.leases(leasesQuerySchema.parse({}), DEPTH)).asOf;
    proxy.isBroken = true;
    await world.openOne();
    expect(await codeOf(step())).to.equal("CHAIN_UNREACHABLE");
    const during = await store.leases(leasesQuerySchema.parse({}), DEPTH);
    expect(during.asOf).to.deep.include({ block, blockHash });
    proxy.isBroken = false;
    await follow();
    await expectAll(store);
  });

  it("is not fooled by a chain that is reorganised while it reads", async () => {
    const { store, follow } = indexer();
    await begin(store);
    let [left, isBusy] = [6, false];
    proxy.onCall = async (method) => {
      if (method !== "eth_getLogs" || left <= 0 || isBusy) return;
      isBusy = true;
      left -= 1;
      await world.reorganise(1 + (left % 3));
      isBusy = false;
    };
    await follow();
    proxy.onCall = () => undefined;
    expect(left, "it happened").to.be.below(6);
    await follow();
    await expectAll(store);
  });

  it("reads the newest blocks of an RPC that does not know them by their hashes, over a reorganisation", async () => {
    const { store, follow } = indexer();
    await begin(store);
    proxy.knowsHashes = false;
    await follow();
    await expectAll(store);
    await world.reorganise(2);
    await world.openOne();
    await follow();
    await expectAll(store);
    // One that refuses ranges, too, is waited for, and not asked again and again.
    proxy.maxBlocks = 0;
    await world.openOne();
    expect(await codeOf(follow())).to.equal("CHAIN_UNREACHABLE");
    proxy.maxBlocks = Infinity;
    proxy.knowsHashes = true;
    await follow();
    await expectAll(store);
  });

  it("does not mind an RPC that is behind", async () => {
    const { store, follow, step } = indexer();
    await follow();
    const at = await store.checkpoint();
    const snapshot = await world.test.snapshot();
    await world.test.mine({ blocks: 3 });
    await follow();
    const ahead = await store.checkpoint();
    await world.test.revert({ id: snapshot });
    expect(await step()).to.equal(false);
    expect((await store.checkpoint())?.number).to.equal(ahead?.number);
    expect(ahead?.number).to.equal((at?.number ?? 0n) + 3n);
    await world.test.mine({ blocks: 5 });
    await follow();
    await expectAll(store);
  });

  it("runs by itself: with each new head, through an outage, until it is stopped", async () => {
    const { store, indexer: running, logger, tellHead } = indexer();
    running.start();
    const lid = (await world.leaseCount()) + 1n;
    await world.openOne();
    await until(async () => {
      tellHead();
      return (await codeOf(find(store, lid))) === FOUND;
    }, "it is in the history");
    proxy.isBroken = true;
    await until(() => {
      tellHead();
      return Promise.resolve(logger.events.includes("history.failed"));
    }, "it fails");
    await world.openOne();
    proxy.isBroken = false;
    await until(async () => (await codeOf(find(store, lid + 1n))) === FOUND, "it is read again");
    expect(logger.events).to.include("history.back");
    await running.stop();
    await running.stop();
    await expectAll(store);
  });

  it("drops what is over and old, and stops when it is full of what is not", async () => {
    const changes = { maxEvents: 1 };
    const { store, step, logger } = indexer(whole.history(), changes);
    await world.test.mine({ blocks: 300 });
    await indexer().follow();
    const events = (await store.checkpoint())?.events ?? 0;
    await step();
    const left = await store.checkpoint();
    expect(left?.events).to.be.below(events);
    expect(left?.completeSince).to.be.above(0);
    for (let at = 0; at < 5; at += 1) await step();
    expect(logger.events).to.include("history.full");
    await world.openOne();
    const stopped = (await store.checkpoint())?.number;
    await step();
    expect((await store.checkpoint())?.number).to.equal(stopped);
    await begin(store);
    await indexer().follow();
    await expectAll(store);
  });
});
