import { connect, type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type ContainerAddress } from "./container-streams.ts";

/** Time for a container to accept a connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Most bytes of one read. */
const READ_BYTES = 64 * 1024;
/** From this length on an array that is not filled with zeros first is cheaper, though each is a call of the system library. */
const LONG_BYTES = 4 * 1024;

/**
 * What all sockets to containers read into, each read in its turn: Node.js would make a buffer of this size for each of them,
 * and cut it to what came.
 */
const scratch = new Uint8Array(READ_BYTES);

/** Who calls a container: it is told one of these, once. */
export interface ContainerCaller {
  /** @param socket Its halves close on their own. It is paused: what the container says first waits in the system. */
  onConnected(socket: Socket): void;
  /** @param error ProtocolError SERVICE_UNREACHABLE, or as `Reach` */
  onUnreachable(error: unknown): void;
}

/** A TCP connection to a container. */
export function callContainer({ host, port, reach }: ContainerAddress, caller: ContainerCaller): void {
  if (reach === undefined) {
    new ContainerCall(port, caller).start(host);
    return;
  }
  reach.connect({ host, port }).then(
    (socket) => {
      caller.onConnected(socket);
    },
    (error: unknown) => {
      caller.onUnreachable(error);
    },
  );
}

/** As `callContainer`. @throws ProtocolError SERVICE_UNREACHABLE, or as `Reach` */
export async function connectToContainer(address: ContainerAddress): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    callContainer(address, { onConnected: resolve, onUnreachable: reject });
  });
}

/** One call, until it is answered. */
class ContainerCall {
  readonly #port: number;
  #caller: ContainerCaller | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(port: number, caller: ContainerCaller) {
    this.#port = port;
    this.#caller = caller;
  }

  start(host: string): void {
    const onread = {
      buffer: scratch,
      callback: (length: number): boolean => {
        socket.emit("data", copyOf(length));
        return true;
      },
    };
    const socket = connect({ host, port: this.#port, allowHalfOpen: true, noDelay: true, onread });
    const fail = (cause: unknown): void => {
      socket.destroy();
      this.#end()?.onUnreachable(this.#unreachable(cause));
    };
    this.#timer = setTimeout(fail, CONNECT_TIMEOUT_MS);
    // One that comes before the socket is piped must not end the process; the pipe sees that it is destroyed.
    socket.on("error", (error) => {
      if (this.#caller !== undefined) fail(error);
    });
    socket.on("connect", () => {
      socket.pause();
      this.#end()?.onConnected(socket);
    });
  }

  #end(): ContainerCaller | undefined {
    clearTimeout(this.#timer);
    const caller = this.#caller;
    this.#caller = undefined;
    return caller;
  }

  #unreachable(cause: unknown): ProtocolError {
    const message = `Nothing answers on port ${this.#port} of the container.`;
    return new ProtocolError("SERVICE_UNREACHABLE", message, { cause });
  }
}

/** Of the bytes that were just read. */
function copyOf(length: number): Uint8Array {
  if (length < LONG_BYTES) return scratch.slice(0, length);
  const copy = Buffer.allocUnsafeSlow(length);
  copy.set(scratch.subarray(0, length));
  return copy;
}
