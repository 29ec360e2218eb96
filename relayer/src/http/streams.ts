import { setTimeout as sleep } from "node:timers/promises";
import { errorToWire } from "@fizz/protocol/errors";
import { HEARTBEAT_MS, toWire } from "@fizz/protocol/messages";

/** A refusal that comes within this time becomes the status of the answer; a later one becomes its last line. */
const FIRST_ITEM_WAIT_MS = 2_000;

const QUIET = Symbol("quiet");

/**
 * Lines of JSON, one per item, and an empty line whenever nothing happened for HEARTBEAT_MS. An error on the way
 * becomes a last line `{"error": …}`.
 *
 * @throws ProtocolError what the source throws before its first batch.
 */
export async function startLines(
  source: AsyncGenerator<readonly unknown[]>,
  signal: AbortSignal,
): Promise<AsyncGenerator<string>> {
  const first = source.next();
  await within(first, FIRST_ITEM_WAIT_MS, signal);
  return lines(source, first, signal);
}

async function* lines(
  source: AsyncGenerator<readonly unknown[]>,
  first: Promise<IteratorResult<readonly unknown[], unknown>>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let next = first;
  try {
    for (;;) {
      const result = await within(next, HEARTBEAT_MS, signal);
      if (result === QUIET) {
        yield "\n";
        continue;
      }
      if (result.done === true) return;
      if (result.value.length > 0) yield result.value.map((item) => `${toWire(item)}\n`).join("");
      next = source.next();
    }
  } catch (error) {
    if (!signal.aborted) yield `${toWire({ error: errorToWire(error) })}\n`;
  } finally {
    await source.return(undefined).catch(() => undefined);
  }
}

async function within<Value>(
  value: Promise<Value>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Value | typeof QUIET> {
  const timer = new AbortController();
  const quiet = sleep(timeoutMs, QUIET, { signal: AbortSignal.any([signal, timer.signal]) });
  try {
    return await Promise.race([value, quiet]);
  } finally {
    quiet.catch(() => undefined);
    timer.abort();
  }
}
