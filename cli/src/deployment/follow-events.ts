import { ProtocolError } from "@fizz/protocol/errors";
import { type LeaseEvent } from "@fizz/protocol/messages";
import { type Context } from "../context.ts";
import { backOff, pause } from "../pause.ts";
import { type NodeSession } from "../session/node-session.ts";

export interface FollowInput {
  readonly open: () => Promise<NodeSession>;
  readonly signal: AbortSignal;
  readonly cursor: number;
  /** Called when the way to the node is lost, once per loss. */
  readonly onLost: (error: ProtocolError) => void;
}

/** Errors after which asking again changes nothing. */
const FINAL = new Set([
  "GRANT_INVALID",
  "GRANT_SCOPE",
  "LEASE_NOT_YOURS",
  "SESSION_NOT_PROVEN",
  "IDENTITY_UNKNOWN",
]);

/**
 * Events of a lease from a cursor on, across lost connections, each exactly once, until the signal.
 *
 * @throws ProtocolError a refusal that will not change.
 */
export async function* followEvents(
  context: Context,
  input: FollowInput,
): AsyncGenerator<LeaseEvent, void, void> {
  let cursor = input.cursor;
  for (let tries = 0; !isOver(input.signal); tries += 1) {
    try {
      const session = await input.open();
      for await (const batch of session.events({ follow: true, cursor }, input.signal)) {
        tries = 0;
        for (const event of batch) {
          if (event.cursor <= cursor) continue;
          cursor = event.cursor;
          yield event;
        }
      }
      return;
    } catch (error) {
      if (isOver(input.signal)) return;
      if (!(error instanceof ProtocolError) || FINAL.has(error.code)) throw error;
      if (tries === 0) input.onLost(error);
    }
    await pause(backOff(tries), input.signal).catch(() => {
      context.signal.throwIfAborted();
    });
  }
}

/** A function, so that the compiler does not take an earlier answer for the present one. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
