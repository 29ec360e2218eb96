import { ProtocolError } from "@fizz/protocol/errors";
import { type QuotesRequest, type QuotesResponse } from "@fizz/protocol/messages";

const MS_PER_SECOND = 1_000;

export interface WaitingLimits {
  /** Orders that wait at once; of these, of one caller. */
  readonly orders: number;
  readonly ordersPerCaller: number;
  /** Orders that are tried again at once. */
  readonly triesAtOnce: number;
  /** Changes of the directory closer together than this count as one, in milliseconds. */
  readonly coalesceMs: number;
  /** An order is tried again after this time without a change, in milliseconds. */
  readonly calmMs: number;
}

const LIMITS: WaitingLimits = {
  orders: 128,
  ordersPerCaller: 4,
  triesAtOnce: 4,
  coalesceMs: 2_000,
  calmMs: 15_000,
};

export interface WaitingOrdersComponents {
  readonly desk: { quotes(request: QuotesRequest, signal: AbortSignal): Promise<QuotesResponse> };
  /** @returns A function that ends it. */
  readonly onNodesChange: (listener: () => void) => () => void;
  /** @throws ProtocolError GATEWAY_DRAINING: then nobody waits any longer. */
  readonly requireServing: () => void;
}

/** Tries orders for which nobody bids again, for as long as they may wait: first come, first served. */
export class WaitingOrders {
  readonly #components: WaitingOrdersComponents;
  readonly #limits: WaitingLimits;
  readonly #byCaller = new Map<string, number>();
  #waiting = 0;
  /** Ends when the directory has changed. */
  #change = new AbortController();
  #stopListening: (() => void) | undefined;
  #coalesce: NodeJS.Timeout | undefined;
  readonly #turns: (() => void)[] = [];
  #trying = 0;

  constructor(components: WaitingOrdersComponents, limits: Partial<WaitingLimits> = {}) {
    this.#components = components;
    this.#limits = { ...LIMITS, ...limits };
  }

  /**
   * @param caller Whom the order counts for.
   * @returns The first answer with a bid, or the last one when time or the caller is gone.
   * @throws ProtocolError What the desk throws; LIMIT_REACHED when too many wait; GATEWAY_DRAINING
   */
  async quotes(request: QuotesRequest, signal: AbortSignal, caller = ""): Promise<QuotesResponse> {
    const until = performance.now() + (request.waitSeconds ?? 0) * MS_PER_SECOND;
    this.#components.requireServing();
    const answer = await this.#components.desk.quotes(request, signal);
    if (answer.quotes.length > 0 || (request.waitSeconds ?? 0) === 0) return answer;
    const leave = this.#enter(caller);
    try {
      return await this.#wait({ request, signal, until }, answer);
    } finally {
      leave();
    }
  }

  async #wait({ request, signal, until }: Waiting, first: QuotesResponse): Promise<QuotesResponse> {
    let last = first;
    let failure: ProtocolError | undefined;
    while (await this.#wake(until, signal)) {
      const done = await this.#turn();
      try {
        if (signal.aborted) break;
        this.#components.requireServing();
        last = await this.#components.desk.quotes(request, signal);
        failure = undefined;
      } catch (error) {
        if (!(error instanceof ProtocolError) || !error.retryable || error.code === "GATEWAY_DRAINING")
          throw error;
        // The chain may answer again before time is up.
        failure = error;
      } finally {
        done();
      }
      if (failure === undefined && last.quotes.length > 0) return last;
    }
    if (failure !== undefined) throw failure;
    return last;
  }

  /** Waits for a change, or a calm while. @returns Whether there is time for another try. */
  async #wake(until: number, signal: AbortSignal): Promise<boolean> {
    const hasTime = (): boolean => !signal.aborted && performance.now() < until;
    if (!hasTime()) return false;
    const pause = new AbortController();
    const timer = setTimeout(
      () => {
        pause.abort();
      },
      Math.min(until - performance.now(), this.#limits.calmMs),
    );
    await endOf(AbortSignal.any([signal, this.#change.signal, pause.signal]));
    clearTimeout(timer);
    return hasTime();
  }

  /** @returns What gives the turn to the next. */
  async #turn(): Promise<() => void> {
    if (this.#trying >= this.#limits.triesAtOnce)
      await new Promise<void>((resolve) => {
        this.#turns.push(resolve);
      });
    else this.#trying += 1;
    return () => {
      const next = this.#turns.shift();
      if (next === undefined) this.#trying -= 1;
      else next();
    };
  }

  /** @returns What gives the place back. @throws ProtocolError LIMIT_REACHED */
  #enter(caller: string): () => void {
    const { orders, ordersPerCaller } = this.#limits;
    const own = this.#byCaller.get(caller) ?? 0;
    if (this.#waiting >= orders || own >= ordersPerCaller) {
      const [count, whose] = own >= ordersPerCaller ? [own, "of your address "] : [this.#waiting, ""];
      const message = `No node bids now, and ${count} orders ${whose}wait already. Ask again later.`;
      throw new ProtocolError("LIMIT_REACHED", message);
    }
    this.#waiting += 1;
    this.#byCaller.set(caller, own + 1);
    this.#stopListening ??= this.#components.onNodesChange(() => {
      this.#onChange();
    });
    return () => {
      this.#leave(caller);
    };
  }

  #leave(caller: string): void {
    this.#waiting -= 1;
    const own = (this.#byCaller.get(caller) ?? 1) - 1;
    if (own > 0) this.#byCaller.set(caller, own);
    else this.#byCaller.delete(caller);
    if (this.#waiting > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
    clearTimeout(this.#coalesce);
    this.#coalesce = undefined;
  }

  #onChange(): void {
    this.#coalesce ??= setTimeout(() => {
      this.#coalesce = undefined;
      const change = this.#change;
      this.#change = new AbortController();
      change.abort();
    }, this.#limits.coalesceMs);
  }
}

interface Waiting {
  readonly request: QuotesRequest;
  readonly signal: AbortSignal;
  /** Of the monotonic clock, in milliseconds. */
  readonly until: number;
}

async function endOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener("abort", resolve, { once: true });
  });
}
