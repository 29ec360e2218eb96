import { createSocket, type Socket } from "node:dgram";
import { type Socket as Connection } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { protocols } from "@fizz/protocol/messages";
import { DatagramStream } from "@fizz/protocol/streams";
import { FrameReader, frameOf, MAX_DATAGRAM_BACKLOG } from "../reach/reach-wire.ts";
import { type ContainerAddress, type ContainerProtocol, type ContainerSocket } from "./container-streams.ts";

/** Each stream is one public sender: joined with a UDP socket of its own, whose answers from the container go back. */
export const datagramProtocol: ContainerProtocol = {
  protocol: protocols.datagrams,
  transport: "udp",
  connect: async (address) => {
    if (address.reach !== undefined) return overReach(await address.reach.openDatagrams(address));
    const socket = await connectTo(address);
    let isOpen = true;
    return {
      carry: async (stream) => {
        const datagrams = new DatagramStream(stream, (payload) => {
          if (isOpen) socket.send(payload, () => undefined);
        });
        socket.on("message", (payload) => datagrams.send(payload));
        socket.once("close", () => {
          datagrams.close();
        });
        await datagrams.closed;
      },
      end: () => {
        if (isOpen) socket.close();
        isOpen = false;
      },
    };
  },
};

/** The helper on the machine's network has the socket; its datagrams come and go as frames. */
function overReach(socket: Connection): ContainerSocket {
  const frames = new FrameReader();
  return {
    carry: async (stream) => {
      const datagrams = new DatagramStream(stream, (payload) => {
        if (socket.writableLength < MAX_DATAGRAM_BACKLOG) socket.write(frameOf(payload));
      });
      socket.on("data", (chunk: Buffer) => {
        for (const payload of frames.read(chunk)) datagrams.send(payload);
      });
      socket.once("close", () => {
        datagrams.close();
      });
      await datagrams.closed;
    },
    end: () => socket.destroy(),
  };
}

/** A socket that sends to one address and hears nobody else. */
async function connectTo({ host, port }: ContainerAddress): Promise<Socket> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  // While nothing listens in the container, the system says so here; it may come.
  socket.on("error", () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.connect(port, host, (cause?: Error) => {
      if (cause === undefined) {
        resolve();
        return;
      }
      socket.close();
      reject(new ProtocolError("SERVICE_UNREACHABLE", `No way to port ${port} of the container.`, { cause }));
    });
  });
  return socket;
}
