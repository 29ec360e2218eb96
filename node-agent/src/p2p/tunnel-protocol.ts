import { connect, type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { protocols } from "@fizz/protocol/messages";
import { pipeSocket } from "@fizz/protocol/streams";
import { type ContainerAddress, type ContainerProtocol } from "./container-streams.ts";

/** Time for a container to accept a connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** Each stream is one public connection: joined with a TCP socket to the container. */
export const tunnelProtocol: ContainerProtocol = {
  protocol: protocols.tunnel,
  transport: "tcp",
  connect: async (address) => {
    const socket = await connectToContainer(address);
    return {
      carry: (stream) => pipeSocket(stream, socket),
      end: () => {
        socket.destroy();
      },
    };
  },
};

/** @throws ProtocolError SERVICE_UNREACHABLE */
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
