import { once } from "node:events";
import { ProtocolError } from "@fizz/protocol/errors";
import { type PortPair } from "../arguments.ts";
import { type Context } from "../context.ts";
import { PortForward, type PortForwardInit } from "./port-forward.ts";

const HOST = "127.0.0.1";

export interface Listening {
  readonly open: PortForwardInit["open"];
  readonly onTrouble: PortForwardInit["onTrouble"];
  readonly onListening: (host: string, port: number) => void;
}

/** Listens until Ctrl-C. Without a wish, on the service's own number, or on any when that is taken. */
export async function listenOnPort(
  context: Context,
  { local, remote }: PortPair,
  { open, onTrouble, onListening }: Listening,
): Promise<void> {
  const listen = async (port: number): Promise<[PortForward, number]> => {
    const forward = new PortForward({ host: HOST, port, open, onTrouble });
    return [forward, await forward.start()];
  };
  const [forward, port] =
    local === 0 ? await listen(remote).catch(() => listen(0)) : await listen(local).catch(refuse(local));
  context.onClose(() => forward.stop());
  onListening(HOST, port);
  if (!context.signal.aborted) await once(context.signal, "abort");
}

function refuse(port: number): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw new ProtocolError(
      "USAGE",
      `${HOST}:${port} cannot be listened on (${reason}). Choose another port.`,
      {
        cause,
      },
    );
  };
}
