import { leaseStateOf } from "@fizz/protocol/chain";
import { type HistoryLease, leaseHistoryQuerySchema, leasesQuerySchema } from "@fizz/protocol/messages";
import { expect } from "chai";
import { RpcHistoryChain } from "../../../relayer/src/chain/history-chain.ts";
import { type HistoryStore } from "../../../relayer/src/history-ports.ts";
import { HistoryIndexer } from "../../../relayer/src/services/history-indexer.ts";
import { type SqlStore } from "../../../relayer/src/store/sql-store.ts";
import { memoryLogger } from "./builders.ts";
import { type HistoryWorld } from "./history-world.ts";
import { type RpcProxy } from "./rpc-proxy.ts";

const DEPTH = 2n;
export const MAX_STEPS = 200;

interface KitInit {
  readonly world: HistoryWorld;
  readonly proxy: RpcProxy;
  readonly whole: SqlStore;
}

export type HistoryKit = ReturnType<typeof historyKit>;

/** Indexers of a real chain, through a proxy, into one store, and what they must have written. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export function historyKit({ world, proxy, whole }: KitInit) {
  return { indexer, begin, find, expectAsOnChain, expectAll };

  function indexer(store = whole.history(), changes: { readonly maxEvents?: number } = {}) {
    const logger = memoryLogger();
    const market = world.contracts.leaseMarket;
    const history = new RpcHistoryChain({ rpcUrl: proxy.url, market });
    const listeners = new Set<() => void>();
    const heads = {
      onHead: (listener: (change: never) => void) => {
        const call = listener as () => void;
        listeners.add(call);
        return () => listeners.delete(call);
      },
    };
    const made = new HistoryIndexer(
      { history, store, heads, logger, clock: Date.now },
      { market, from: undefined, days: 365, maxEvents: 1_000_000, ...changes },
    );
    const step = () => made.step();
    const follow = async (): Promise<void> => {
      for (let at = 0; at < MAX_STEPS; at += 1) if (!(await made.step())) return;
      throw new Error("It never gets to the head.");
    };
    const tellHead = (): void => {
      for (const listener of listeners) listener();
    };
    return { indexer: made, store, logger, step, follow, tellHead };
  }

  async function begin(store: HistoryStore): Promise<void> {
    const genesis = await world.client.getBlock({ blockNumber: 0n });
    const after = { number: 0n, hash: genesis.hash, time: Number(genesis.timestamp) };
    await store.begin({ chainId: 31_337, market: world.contracts.leaseMarket, after });
  }

  async function find(store: HistoryStore, lid: bigint): Promise<HistoryLease> {
    return (await store.leaseHistory(lid, leaseHistoryQuerySchema.parse({}), DEPTH)).lease;
  }

  async function expectAsOnChain(store: HistoryStore, lid: bigint): Promise<HistoryLease> {
    const [told, real] = [await find(store, lid), await world.leaseOf(lid)];
    const { leaseHash, balance, version, ratePerSecond, manifestHash, tenant, nodeId } = real;
    const state = leaseStateOf(real.state);
    expect(told).to.deep.include({
      leaseHash,
      balance,
      version,
      ratePerSecond,
      manifestHash,
      tenant,
      nodeId,
      state,
    });
    return told;
  }

  /** All leases are as the chain has them, and all events are where the chain has them, each once. */
  async function expectAll(store: HistoryStore): Promise<void> {
    const count = await world.leaseCount();
    const page = await store.leases(leasesQuerySchema.parse({ limit: "500" }), DEPTH);
    expect(page.leases.map(({ lid }) => lid)).to.deep.equal(
      Array.from({ length: Number(count) }, (_, at) => count - BigInt(at)),
    );
    for (const { lid } of page.leases) await expectAsOnChain(store, lid);
    const chain = new RpcHistoryChain({ rpcUrl: world.anvil.rpcUrl, market: world.contracts.leaseMarket });
    const head = await chain.head();
    const logs = (await chain.eventsIn(0n, head.number)) ?? [];
    const rows = await whole.run((database) =>
      database.execute(
        "SELECT block::text, log_index, block_hash, tx_hash FROM history_events ORDER BY block, log_index",
      ),
    );
    expect((rows as { rows: unknown[] }).rows).to.deep.equal(
      logs.map(({ block, logIndex, blockHash, txHash }) => ({
        ...{ block: block.toString(), log_index: logIndex, block_hash: blockHash, tx_hash: txHash },
      })),
    );
    expect((await store.checkpoint())?.events).to.equal(logs.length);
  }
}
