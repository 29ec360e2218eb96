import { type Address } from "viem";
import { type DoorKeeper } from "./doors/door-keeper.ts";
import { QuoteDesk, type QuoteDeskComponents } from "./services/quote-desk.ts";
import { WaitingOrders } from "./services/waiting-orders.ts";
import { type StartContext } from "./start-context.ts";

interface QuoteParts extends Pick<QuoteDeskComponents, "chain" | "nodes" | "calls" | "router"> {
  readonly doors: DoorKeeper;
  /** Of this gateway. */
  readonly operator: Address;
}

/** What answers to orders, at once or when somebody bids. */
export function createQuotes({ config, logger, drain }: StartContext, parts: QuoteParts): WaitingOrders {
  const { doors, operator, ...rest } = parts;
  const freeDoors = (): number => doors.freeDoors();
  const market = config.contracts.leaseMarket;
  const desk = new QuoteDesk({ ...rest, clock: Date.now, logger, freeDoors }, { market, operator });
  const onNodesChange = (listener: () => void): (() => void) => parts.nodes.onChange(listener);
  const requireServing = (): void => {
    drain.requireServing();
  };
  return new WaitingOrders({ desk, onNodesChange, requireServing });
}
