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

/**
 * A TCP connection to a container, whose halves close on their own. It is paused: what the container says first waits
 * in the system.
 *
 * @throws ProtocolError SERVICE_UNREACHABLE, or as `Reach`
 */
export async function connectToContainer({ host, port, reach }: ContainerAddress): Promise<Socket> {
  if (reach !== undefined) return await reach.connect({ host, port });
  return await new Promise((resolve, reject) => {
    const onread = {
      buffer: scratch,
      callback: (length: number): boolean => {
        socket.emit("data", copyOf(length));
        return true;
      },
    };
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, onread });
    const fail = (cause: unknown): void => {
      socket.destroy();
      const message = `Nothing answers on port ${port} of the container.`;
      reject(new ProtocolError("SERVICE_UNREACHABLE", message, { cause }));
    };
    const timer = setTimeout(fail, CONNECT_TIMEOUT_MS);
    let isConnected = false;
    // One that comes before the socket is piped must not end the process; the pipe sees that it is destroyed.
    socket.on("error", (error) => {
      if (!isConnected) fail(error);
    });
    socket.on("connect", () => {
      isConnected = true;
      clearTimeout(timer);
      socket.pause();
      resolve(socket);
    });
    socket.on("close", () => {
      clearTimeout(timer);
    });
  });
}

/** Of the bytes that were just read. */
function copyOf(length: number): Uint8Array {
  if (length < LONG_BYTES) return scratch.slice(0, length);
  const copy = Buffer.allocUnsafeSlow(length);
  copy.set(scratch.subarray(0, length));
  return copy;
}
