import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { pipeSocket } from "@fizz/protocol/streams";
import { backOff, pause } from "../pause.ts";

/** Local connections at once: as many as a node takes from one client. */
export const MAX_LOCAL_CONNECTIONS = 128;
/** A local connection waits so long for a lost way to come back, in milliseconds. */
const PATIENCE_MS = 20_000;

/** A way to the container that may be lost and come back. */
const LOST_WAY = new Set(["GATEWAY_UNREACHABLE", "NODE_UNREACHABLE", "STREAM_CLOSED"]);

type Stream = Parameters<typeof pipeSocket>[0];

export interface PortForwardInit {
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  /** Opens the far end of one connection. @throws ProtocolError */
  readonly open: (signal: AbortSignal) => Promise<Stream>;
  /** One local connection could not be carried, or had to wait for the way to come back. */
  readonly onTrouble: (error: ProtocolError) => void;
  readonly patienceMs?: number;
}

/** A local TCP port whose connections each go over a stream of their own. A lost way is asked for again; the port stays. */
export class PortForward {
  readonly #init: PortForwardInit;
  readonly #stop = new AbortController();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(init: PortForwardInit) {
    this.#init = init;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
      void this.#carry(socket);
    });
  }

  /** @returns The port. @throws The system's error, such as EADDRINUSE. */
  async start(): Promise<number> {
    const { host, port } = this.#init;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async #carry(socket: Socket): Promise<void> {
    // Before the pipe begins, an error of the socket is only its end.
    socket.on("error", () => undefined);
    if (this.#sockets.size >= MAX_LOCAL_CONNECTIONS) {
      socket.resetAndDestroy();
      const message = `${MAX_LOCAL_CONNECTIONS} local connections are open already; one more was refused.`;
      this.#init.onTrouble(new ProtocolError("LIMIT_REACHED", message));
      return;
    }
    this.#sockets.add(socket);
    const gone = new AbortController();
    socket.once("close", () => {
      this.#sockets.delete(socket);
      gone.abort();
    });
    try {
      const stream = await this.#open(AbortSignal.any([this.#stop.signal, gone.signal]));
      if (socket.destroyed) stream.abort(new ProtocolError("STREAM_CLOSED", "The local side hung up."));
      else await pipeSocket(stream, socket);
    } catch (error) {
      if (!socket.destroyed) socket.resetAndDestroy();
      if (!this.#stop.signal.aborted && !gone.signal.aborted) this.#init.onTrouble(asTrouble(error));
    }
  }

  /** The local side waits while the way is lost: it does not know of it. */
  async #open(signal: AbortSignal): Promise<Stream> {
    const { open, onTrouble, patienceMs = PATIENCE_MS } = this.#init;
    const until = Date.now() + patienceMs;
    for (let tries = 0; ; tries += 1) {
      try {
        return await open(signal);
      } catch (error) {
        signal.throwIfAborted();
        const trouble = asTrouble(error);
        const delay = backOff(tries);
        if (!LOST_WAY.has(trouble.code) || Date.now() + delay >= until) throw trouble;
        if (tries === 0) onTrouble(trouble);
        await pause(delay, signal);
      }
    }
  }
}

function asTrouble(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  return new ProtocolError("STREAM_CLOSED", "The connection could not be opened.", { cause: error });
}
