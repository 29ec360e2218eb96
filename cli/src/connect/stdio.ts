import { ProtocolError } from "@fizz/protocol/errors";
import { pipeSocket } from "@fizz/protocol/streams";
import { type Context } from "../context.ts";
import { type PortForwardInit } from "./port-forward.ts";

/**
 * Joins standard input and output with one connection, until it is over or the command is interrupted.
 *
 * @throws ProtocolError What opening it failed with; STREAM_CLOSED when it was cut, since what came is not all then.
 */
export async function carryStdio(context: Context, open: PortForwardInit["open"]): Promise<void> {
  const local = context.terminal.duplex();
  const stream = await open(context.signal);
  const state = { isCut: false };
  const end = (): void => {
    local.destroy();
  };
  const cut = (): void => {
    state.isCut = true;
    end();
  };
  context.signal.addEventListener("abort", end, { once: true });
  await pipeSocket(stream, Object.assign(local, { resetAndDestroy: cut }));
  if (state.isCut && !context.signal.aborted)
    throw new ProtocolError("STREAM_CLOSED", "The connection was cut before its end.", { retryable: true });
}
