import { isAborted, sleep } from "./sleep.ts";

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 15_000;

/**
 * Does something until it says that it is done, with growing pauses.
 *
 * @param attempt Resolves to whether it is done.
 */
export async function untilDone(
  attempt: () => Promise<boolean>,
  onError: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let retryMs = FIRST_RETRY_MS; !isAborted(signal); retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)) {
    try {
      if (await attempt()) return;
    } catch (error) {
      if (isAborted(signal)) return;
      onError(error);
    }
    await sleep(retryMs, signal);
  }
}
