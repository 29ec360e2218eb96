import { ProtocolError } from "@fizz/protocol/errors";
import { isAborted } from "./sleep.ts";

export type FeedState = "connecting" | "live" | "lost" | "ended" | "refused";

export interface FeedPlan<Item> {
  /** Opens the feed once; called again after each loss. */
  readonly open: (signal: AbortSignal) => Promise<AsyncIterable<readonly Item[]>>;
  readonly onItems: (items: readonly Item[]) => void;
  /** @param error Why, when it is lost or refused. */
  readonly onState: (state: FeedState, error?: unknown) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Whether the other side may come to know the lease that it does not know: it reads the chain a moment later. */
  readonly mayAppear: boolean;
}

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 15_000;

/**
 * Reads a feed until it ends or the signal does, and opens it again after every loss with growing pauses. Stops for
 * good only when the other side says that asking again will not help.
 */
export async function followFeed<Item>(plan: FeedPlan<Item>, signal: AbortSignal): Promise<void> {
  let retryMs = FIRST_RETRY_MS;
  while (!isAborted(signal)) {
    try {
      plan.onState("connecting");
      const batches = await plan.open(signal);
      plan.onState("live");
      for await (const items of batches) {
        retryMs = FIRST_RETRY_MS;
        plan.onItems(items);
      }
      if (!isAborted(signal)) plan.onState("ended");
      return;
    } catch (error) {
      if (isAborted(signal)) return;
      if (isFinal(error, plan.mayAppear)) {
        plan.onState("refused", error);
        return;
      }
      plan.onState("lost", error);
      await plan.sleep(retryMs, signal);
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    }
  }
}

function isFinal(error: unknown, mayAppear: boolean): boolean {
  if (!(error instanceof ProtocolError) || error.retryable) return false;
  return error.code !== "LEASE_NOT_FOUND" || !mayAppear;
}
