import { type Address } from "viem";
import { type DoorKeeper } from "./doors/door-keeper.ts";
import { QuoteDesk, type QuoteDeskComponents } from "./services/quote-desk.ts";
import { type StartContext } from "./start-context.ts";

interface QuoteParts extends Pick<QuoteDeskComponents, "chain" | "nodes" | "calls" | "router"> {
  readonly doors: DoorKeeper;
  /** Of this gateway. */
  readonly operator: Address;
}

/** What answers to orders. */
export function createQuotes({ config, logger }: StartContext, parts: QuoteParts): QuoteDesk {
  const { doors, operator, ...rest } = parts;
  const freeDoors = (): number => doors.freeDoors();
  const market = config.contracts.leaseMarket;
  return new QuoteDesk({ ...rest, clock: Date.now, logger, freeDoors }, { market, operator });
}
