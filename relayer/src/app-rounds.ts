import { type OpenedStore } from "./app-store.ts";
import { RpcRoundsChain } from "./chain/rounds-chain.ts";
import { type Chain } from "./ports.ts";
import { type RoundsView } from "./rounds-ports.ts";
import { HistoryIndexer } from "./services/history-indexer.ts";
import { RoundsBook } from "./services/rounds-book.ts";
import { type StartContext } from "./start-context.ts";

/** Events of the capacity rounds that are kept: about a year of a dozen subnets. */
const MAX_EVENTS = 200_000;

export interface RoundsParts {
  readonly chain: Chain;
  readonly opened: Pick<OpenedStore, "store" | "shared">;
}

/**
 * Begins to follow the capacity rounds, beside everything else, as the history of leases is followed. Of several
 * processes on one database one writes them, and all of them read.
 *
 * @returns Nothing where the gateway does not know the contract.
 */
export async function startRounds(
  { config, logger: log, begin }: Pick<StartContext, "config" | "logger" | "begin">,
  { chain, opened }: RoundsParts,
): Promise<{ readonly rounds?: RoundsView }> {
  const { capacityRounds: address, rpcUrl, historyDays: days } = config;
  if (address === undefined) return {};
  const logger = log.child({ part: "rounds" });
  const store = opened.store.rounds();
  const history = new RpcRoundsChain({ rpcUrl, address });
  const indexer = new HistoryIndexer(
    { history, store, heads: chain, logger, clock: Date.now },
    { market: address, from: undefined, days, maxEvents: MAX_EVENTS },
  );
  const rounds = new RoundsBook({ store, chain, logger });
  await begin(rounds);
  await begin(opened.shared?.alone("rounds", indexer) ?? indexer);
  return { rounds };
}
