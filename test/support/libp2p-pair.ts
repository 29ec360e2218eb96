import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { type Stream } from "@libp2p/interface";
import { MUXER_INIT } from "@fizz/protocol/streams";
import { createLibp2p, type Libp2p } from "libp2p";

const PROTOCOL = "/fizz/test/1.0.0";

export interface Libp2pPair {
  /** A new stream from the first host to the second; `inbound` is the second host's end. */
  open(): Promise<{ outbound: Stream; inbound: Stream }>;
  stop(): Promise<void>;
}

/** Two real libp2p hosts on loopback with the settings that every Fizz process uses. */
export async function createLibp2pPair(): Promise<Libp2pPair> {
  const [dialer, listener] = await Promise.all([createHost(), createHost()]);
  const waiting: ((stream: Stream) => void)[] = [];
  await listener.handle(PROTOCOL, (stream) => waiting.shift()?.(stream), { maxInboundStreams: 1_000 });
  const connection = await dialer.dial(listener.getMultiaddrs());
  return {
    open: async () => {
      const inbound = new Promise<Stream>((resolve) => waiting.push(resolve));
      const outbound = await connection.newStream(PROTOCOL, { maxOutboundStreams: 1_000 });
      return { outbound, inbound: await inbound };
    },
    stop: async () => {
      await Promise.all([dialer.stop(), listener.stop()]);
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
