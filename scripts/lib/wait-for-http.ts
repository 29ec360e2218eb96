import { setTimeout as delay } from "node:timers/promises";
import { ScriptError } from "./script-error.ts";

const RETRY_MS = 250;
const ATTEMPT_TIMEOUT_MS = 5000;
const DEFAULT_TIMEOUT_MS = 30_000;

/** Asks a URL until it answers with a 2xx status, and returns the text of the answer. */
export async function waitForHttp(
  url: string,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<{ status: number; text: string }> {
  const end = Date.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  let last = "no answer";
  while (Date.now() < end) {
    options.signal?.throwIfAborted();
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS) });
      const text = await response.text();
      if (response.ok) return { status: response.status, text };
      last = `status ${response.status}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await delay(RETRY_MS);
  }
  throw new ScriptError("HTTP_NO_ANSWER", `${url} does not answer (${last}).`);
}
