import { pipeSocket } from "@fizz/protocol/streams";
import { type Context } from "../context.ts";
import { type PortForwardInit } from "./port-forward.ts";

/** Joins standard input and output with one connection, until it is over. @throws ProtocolError */
export async function carryStdio(context: Context, open: PortForwardInit["open"]): Promise<void> {
  const local = context.terminal.duplex();
  const stream = await open(context.signal);
  const end = (): void => {
    local.destroy();
  };
  context.signal.addEventListener("abort", end, { once: true });
  await pipeSocket(stream, Object.assign(local, { resetAndDestroy: end }));
}
