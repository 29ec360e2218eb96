import { ProtocolError } from "@fizz/protocol/errors";
import { type LogLine, LogPlace, type LogsQuery } from "@fizz/protocol/messages";
import { backOff, pause } from "../pause.ts";
import { type NodeSession } from "../session/node-session.ts";

/** How a feed ends that had begun. */
const CUT = new Set(["STREAM_CLOSED", "TIMEOUT"]);

export interface FollowLogsInput {
  readonly session: Pick<NodeSession, "logs">;
  readonly query: LogsQuery;
  readonly signal: AbortSignal;
  /** Called when the way to the node is lost, once per loss. */
  readonly onLost: (error: ProtocolError) => void;
}

/**
 * Log lines to the end of the feed. A query that follows goes on after lost connections where it was: each line comes
 * exactly once, for as long as the engine keeps it.
 *
 * @throws ProtocolError when the feed cannot be begun, or asking again changes nothing.
 */
export async function* followLogs(input: FollowLogsInput): AsyncGenerator<LogLine, void, void> {
  const { session, query, signal, onLost } = input;
  const place = new LogPlace();
  let hasBegun = false;
  for (let tries = 0; ; tries += 1) {
    try {
      for await (const batch of session.logs({ ...query, ...place.after }, signal)) {
        tries = 0;
        hasBegun = true;
        for (const line of batch) if (place.note(line)) yield line;
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      const loss = lossOf(error, hasBegun);
      if (!query.follow || loss === undefined) throw error;
      hasBegun = true;
      if (tries === 0) onLost(loss);
    }
    await pause(backOff(tries), signal);
  }
}

/** Undefined for what ends the following. A feed of containers that say nothing has begun too: only then it can be cut. */
function lossOf(error: unknown, hasBegun: boolean): ProtocolError | undefined {
  if (!(error instanceof ProtocolError) || !error.retryable) return undefined;
  return hasBegun || CUT.has(error.code) ? error : undefined;
}
