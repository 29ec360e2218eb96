import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { type Stream } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { MUXER_INIT } from "@fizz/protocol/streams";
import { createLibp2p, type Libp2p } from "libp2p";

const PROTOCOL = "/fizz/test/1.0.0";

export interface Libp2pPair {
  /** A new stream from the first host to the second; `inbound` is the second host's end. */
  open(): Promise<{ outbound: Stream; inbound: Stream }>;
  readonly dialer: Libp2p;
  readonly listener: Libp2p;
  /** The connection between the hosts ends, as when the second one's process does. */
  lose(): void;
  /** Nothing goes through any more, and nobody is told. */
  freeze(): void;
  stop(): Promise<void>;
}

/** Two real libp2p hosts on loopback with the settings that every Fizz process uses. */
export async function createLibp2pPair(): Promise<Libp2pPair> {
  const [dialer, listener] = await Promise.all([createHost(), createHost()]);
  const waiting: ((stream: Stream) => void)[] = [];
  await listener.handle(PROTOCOL, (stream) => waiting.shift()?.(stream), { maxInboundStreams: 1_000 });
  const way = await startWay(listener);
  const connection = await dialer.dial(way.address);
  return {
    open: async () => {
      const inbound = new Promise<Stream>((resolve) => waiting.push(resolve));
      const outbound = await connection.newStream(PROTOCOL, { maxOutboundStreams: 1_000 });
      return { outbound, inbound: await inbound };
    },
    dialer,
    listener,
    lose: () => {
      way.end();
    },
    freeze: () => {
      way.freeze();
    },
    stop: async () => {
      await Promise.all([dialer.stop(), listener.stop()]);
      await way.stop();
    },
  };
}

interface Way {
  readonly address: Multiaddr;
  end(): void;
  freeze(): void;
  stop(): Promise<void>;
}

/** A TCP way to a host that can be cut. */
async function startWay(host: Libp2p): Promise<Way> {
  const [target] = host.getMultiaddrs();
  const port = Number(target?.getComponents().find(({ name }) => name === "tcp")?.value);
  const callers = new Set<Socket>();
  const server = createServer((caller) => {
    const onward = connect({ port, host: "127.0.0.1" });
    callers.add(caller).add(onward);
    for (const socket of [caller, onward])
      socket.on("error", () => undefined).once("close", () => [caller, onward].map((one) => one.destroy()));
    caller.pipe(onward).pipe(caller);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: open } = server.address() as AddressInfo;
  return {
    address: multiaddr(`/ip4/127.0.0.1/tcp/${open}/p2p/${host.peerId.toString()}`),
    end: () => {
      for (const caller of callers) caller.end();
    },
    freeze: () => {
      for (const caller of callers) caller.unpipe().pause();
    },
    stop: async () => {
      for (const caller of callers) caller.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function createHost(): Promise<Libp2p> {
  return await createLibp2p({
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux(MUXER_INIT)],
    connectionMonitor: { enabled: false },
  });
}
