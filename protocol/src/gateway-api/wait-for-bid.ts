import { ProtocolError } from "../errors/index.ts";
import { type QuotesRequest, type QuotesResponse } from "../messages/index.ts";
import { type GatewayApi } from "./gateway-api.ts";

/** Longest wait of one call, in seconds: proxies often cut a connection after a minute of silence. */
const SLICE_SECONDS = 50;
const MS_PER_SECOND = 1_000;
/** Least time between two calls, in milliseconds. */
const MIN_BETWEEN_MS = 1_000;

export interface BidWait {
  /** Time to wait while nobody bids, in seconds; 0 for one call. */
  readonly waitSeconds: number;
  readonly signal: AbortSignal;
  /** Told before each further call: the seconds that are left, and why the last call had no answer. */
  readonly onAgain?: (leftSeconds: number, failure: ProtocolError | undefined) => void;
}

/**
 * Asks for bids, again and again while nobody bids and there is time. A gateway that is away, drains, restarts or has too
 * much to do in the meantime is asked again: the order is the caller's, no gateway has to remember it.
 *
 * @returns The first answer with a bid; when time is up, the last answer.
 * @throws ProtocolError What the gateway refuses with; when time is up, why the last call had no answer.
 */
export async function waitForBid(
  api: Pick<GatewayApi, "quotes">,
  request: QuotesRequest,
  wait: BidWait,
): Promise<QuotesResponse> {
  const until = Date.now() + wait.waitSeconds * MS_PER_SECOND;
  for (;;) {
    const startedAt = Date.now();
    const slice = Math.min(SLICE_SECONDS, secondsTo(until));
    const asked = slice > 0 ? { ...request, waitSeconds: slice } : request;
    const answer = await answerOf(api.quotes(asked, wait.signal), wait);
    const isLast = Date.now() >= until;
    if (answer instanceof ProtocolError) {
      if (isLast) throw answer;
    } else if (isLast || answer.quotes.length > 0) return answer;
    const failure = answer instanceof ProtocolError ? answer : undefined;
    wait.onAgain?.(Math.max(1, secondsTo(until)), failure);
    const earliest = startedAt + Math.max(MIN_BETWEEN_MS, retryAfterMs(failure));
    await sleep(Math.min(earliest, until) - Date.now(), wait.signal);
  }
}

/** What is no reason to stop waiting is an answer, too. */
async function answerOf(
  asked: Promise<QuotesResponse>,
  { waitSeconds, signal }: BidWait,
): Promise<QuotesResponse | ProtocolError> {
  try {
    return await asked;
  } catch (error) {
    signal.throwIfAborted();
    if (waitSeconds > 0 && error instanceof ProtocolError && error.retryable) return error;
    throw error;
  }
}

function secondsTo(until: number): number {
  return Math.max(0, Math.ceil((until - Date.now()) / MS_PER_SECOND));
}

function retryAfterMs(failure: ProtocolError | undefined): number {
  const seconds = failure?.details["retryAfterSeconds"];
  return typeof seconds === "number" ? seconds * MS_PER_SECOND : 0;
}

/** @throws The signal's reason when it is aborted first. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, Math.max(0, ms));
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
  signal.throwIfAborted();
}
