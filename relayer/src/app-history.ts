import { type OpenedStore } from "./app-store.ts";
import { RpcHistoryChain } from "./chain/history-chain.ts";
import { type HistoryBackend, type HistoryStatus } from "./history-ports.ts";
import { type PromMeter } from "./observability/prom-meter.ts";
import { type Chain } from "./ports.ts";
import { HistoryDesk } from "./services/history-desk.ts";
import { HistoryIndexer } from "./services/history-indexer.ts";
import { type StartContext } from "./start-context.ts";

interface HistoryParts {
  readonly chain: Chain;
  readonly opened: OpenedStore;
  readonly meter: PromMeter;
}

export interface StartedHistory {
  /** Undefined where none is kept. */
  readonly history: HistoryBackend | undefined;
  readonly historyStatus: () => HistoryStatus | null;
}

/**
 * Begins to follow the chain's history, beside everything else: nothing waits for it. Of several processes on one
 * database one writes it, and all of them answer from it.
 */
export async function startHistory(
  { config, logger: log, begin }: StartContext,
  { chain, opened, meter }: HistoryParts,
): Promise<StartedHistory> {
  const { historyFrom, historyDays: days, historyMaxEvents: maxEvents, confirmations } = config;
  if (historyFrom === "off") return { history: undefined, historyStatus: () => null };
  const logger = log.child({ part: "history" });
  const market = config.contracts.leaseMarket;
  const reader = new RpcHistoryChain({ rpcUrl: config.rpcUrl, market });
  const store = opened.store.history();
  const from = historyFrom === "deployment" ? undefined : historyFrom;
  const indexer = new HistoryIndexer(
    { history: reader, store, heads: chain, logger, clock: Date.now },
    { market, from, days, maxEvents },
  );
  const desk = new HistoryDesk({ store, chain, indexer, logger }, BigInt(confirmations));
  const historyStatus = (): HistoryStatus => desk.status();
  meter.watchHistory(historyStatus);
  await begin(desk);
  await begin(opened.shared?.alone("history", indexer) ?? indexer);
  return { history: desk, historyStatus };
}
