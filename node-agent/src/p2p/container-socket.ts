import { connect, type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type ContainerAddress } from "./container-streams.ts";

/** Time for a container to accept a connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** A TCP connection to a container, whose halves close on their own. @throws ProtocolError SERVICE_UNREACHABLE */
export async function connectToContainer(target: ContainerAddress): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
    const fail = (cause: unknown): void => {
      socket.destroy();
      const message = `Nothing answers on port ${target.port} of the container.`;
      reject(new ProtocolError("SERVICE_UNREACHABLE", message, { cause }));
    };
    const timer = setTimeout(fail, CONNECT_TIMEOUT_MS);
    socket.once("error", fail);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", fail);
      // One that comes before the socket is piped must not end the process; the pipe sees that it is destroyed.
      socket.on("error", () => undefined);
      resolve(socket);
    });
    socket.once("close", () => {
      clearTimeout(timer);
    });
  });
}
