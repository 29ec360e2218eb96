import { createSocket } from "node:dgram";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { protocols, type TunnelOpen, tunnelOpenSchema } from "@fizz/protocol/messages";
import {
  DatagramStream,
  FramedStream,
  muxOver,
  type OpenRequest,
  pipeSocket,
  TICK_MS,
} from "@fizz/protocol/streams";
import { type Stream } from "@libp2p/interface";
import { type Libp2p } from "libp2p";

/** A TCP server of a "container", on loopback. */
export async function startOrigin(
  serve: (socket: Socket) => void,
): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The node's end of a tunnel link: `portOf` says which local port stands for a container's. */
export async function serveTunnels(
  peer: Libp2p,
  portOf: (containerPort: number, open: TunnelOpen) => number,
): Promise<void> {
  const serve = async ({ target, stream, accept, refuse }: OpenRequest): Promise<void> => {
    const socket = connect({ port: portOf(target.port, target), host: "127.0.0.1", allowHalfOpen: true });
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => {
        resolve(true);
      });
      socket.once("error", () => {
        resolve(false);
      });
    });
    if (!connected) refuse(new ProtocolError("SERVICE_UNREACHABLE", "Nothing listens."));
    else if (stream.status === "open") {
      accept();
      await pipeSocket(stream, socket);
    } else socket.destroy();
  };
  await serveTunnelRequests(peer, (request) => void serve(request));
}

/** The node's end of a tunnel link whose channels `onOpen` takes. */
export async function serveTunnelRequests(
  peer: Libp2p,
  onOpen: (request: OpenRequest) => void,
): Promise<void> {
  await peer.handle(protocols.tunnel, (stream) => {
    const timer = setInterval(() => {
      mux.tick();
    }, TICK_MS);
    const mux = muxOver(stream, {
      defer: setImmediate,
      onOpen,
      onEnd: () => {
        clearInterval(timer);
      },
    });
  });
}

/** Sends a body, half-closes, and reads the answer to its end; a reset is an end too. */
export async function exchange(port: number, body: Uint8Array): Promise<Buffer> {
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const chunks: Buffer[] = [];
  client.on("data", (chunk) => chunks.push(chunk));
  client.on("error", () => undefined);
  const over = new Promise((resolve) => {
    client.once("end", resolve);
    client.once("close", resolve);
  });
  client.end(body);
  await over;
  client.destroy();
  return Buffer.concat(chunks);
}

/** A UDP server of a "container", on loopback. */
export async function startUdpOrigin(
  answer: (payload: Buffer, reply: (payload: Buffer) => void) => void,
): Promise<{ port: number; senders: Set<number>; stop(): Promise<void> }> {
  const socket = createSocket("udp4");
  const senders = new Set<number>();
  socket.on("message", (payload, { port, address }) => {
    senders.add(port);
    answer(payload, (reply) => {
      socket.send(reply, port, address);
    });
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    port: socket.address().port,
    senders,
    stop: async () => {
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

/** The node's end of datagrams, with a socket of its own for each stream; `open` holds the streams. */
export async function serveDatagrams(peer: Libp2p, originPort: () => number): Promise<Set<DatagramStream>> {
  const open = new Set<DatagramStream>();
  const serve = async (stream: Stream): Promise<void> => {
    const framed = new FramedStream(stream);
    const signal = AbortSignal.timeout(30_000);
    await framed.require(tunnelOpenSchema, signal);
    const port = originPort();
    if (port === 0) {
      const error = { code: "SERVICE_UNREACHABLE", message: "It does not run.", retryable: true };
      await framed.write({ type: "error", error }, signal);
      await framed.close();
      return;
    }
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => {
      socket.connect(port, "127.0.0.1", resolve);
    });
    await framed.write({ type: "ready" }, signal);
    const datagrams = new DatagramStream(framed.release(), (payload) => {
      socket.send(payload, () => undefined);
    });
    socket.on("error", () => undefined);
    socket.on("message", (payload) => datagrams.send(payload));
    open.add(datagrams);
    await datagrams.closed;
    open.delete(datagrams);
    socket.close();
  };
  await peer.handle(protocols.datagrams, (stream) => void serve(stream).catch(() => undefined), {
    maxInboundStreams: 4_096,
  });
  return open;
}
