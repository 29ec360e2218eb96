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

/**
 * Events of a lease from a cursor on, across lost connections, each exactly once, until the signal.
 *
 * @throws ProtocolError a refusal that will not change.
 */
export async function* followEvents(
  context: Pick<Context, "signal">,
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
      if (!(error instanceof ProtocolError) || isFinal(error)) throw error;
      if (tries === 0) input.onLost(error);
    }
    await pause(backOff(tries), input.signal).catch(() => {
      context.signal.throwIfAborted();
    });
  }
}

/** Asking again changes nothing; but a node may come to know a lease that it does not know yet. */
function isFinal({ code, retryable }: ProtocolError): boolean {
  return !retryable && code !== "LEASE_NOT_FOUND";
}

/** A function, so that the compiler does not take an earlier answer for the present one. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
