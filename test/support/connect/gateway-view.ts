import { type Libp2p, type Stream, StreamMessageEvent, type StreamMiddleware } from "@libp2p/interface";

/** The relay's stream to who is dialled: all that it reads from one side and writes to the other passes here. */
const RELAYED = "/libp2p/circuit/relay/0.2.0/stop";

type Bytes = Uint8Array | Iterable<Uint8Array>;

/** Everything that a gateway relays, as it sees it: its own encryption with each neighbour taken off. */
export interface GatewayView {
  /** All bytes so far, as text of one character per byte. */
  text(): string;
  readonly bytes: number;
}

/** Records what the gateway's relay carries both ways. Must be there before the first relayed connection. */
export function recordGatewayView(host: Libp2p): GatewayView {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const record = (data: Bytes): void => {
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      chunks.push(Buffer.from(chunk));
      bytes += chunk.length;
    }
  };
  onRelayed(host, (stream) => {
    tap(stream, record);
  });
  return {
    text: () => Buffer.concat(chunks).toString("latin1"),
    get bytes() {
      return bytes;
    },
  };
}

/** Counts what a gateway's relay takes from those who are dialled, whether it can pass it on or not. */
export function countArrivals(host: Libp2p): { readonly bytes: number } {
  const arrivals = { bytes: 0 };
  onRelayed(host, (stream) => {
    const inner = stream as Stream & { onData(data: { readonly byteLength: number }): void };
    const take = inner.onData.bind(inner);
    inner.onData = (data) => {
      arrivals.bytes += data.byteLength;
      take(data);
    };
  });
  return arrivals;
}

/** What becomes of a piece that a node sends, on its way to the client: none, one or several pieces. */
export type Tamper = (data: Uint8Array) => readonly Uint8Array[];

/** Lets a gateway change what its relay carries from those who are dialled. Must be there before the first relayed connection. */
export function tamperRelayed(host: Libp2p, tamper: () => Tamper | undefined): void {
  onRelayed(host, (stream) => {
    const dispatch = stream.dispatchEvent.bind(stream);
    stream.dispatchEvent = (event) => {
      const change = tamper();
      if (change === undefined || event.type !== "message" || !("data" in event)) return dispatch(event);
      const data = event.data as Uint8Array | { subarray(): Uint8Array };
      const pieces = change(data instanceof Uint8Array ? data : data.subarray());
      return pieces.every((piece) => dispatch(new StreamMessageEvent(piece)));
    };
  });
}

/** Looks at each stream before the gateway's own middleware gets it, which stays. */
function onRelayed(host: Libp2p, look: (stream: Stream) => void): void {
  const { components } = host as unknown as {
    components: { registrar: { getMiddleware(protocol: string): StreamMiddleware[] } };
  };
  host.use(RELAYED, [
    (stream, connection, next) => {
      look(stream);
      next(stream, connection);
    },
    ...components.registrar.getMiddleware(RELAYED),
  ]);
}

/** A listener would begin the stream before the relay listens; what passes is looked at on its way instead. */
function tap(stream: Stream, record: (data: Bytes) => void): void {
  const dispatch = stream.dispatchEvent.bind(stream);
  stream.dispatchEvent = (event) => {
    if (event.type === "message" && "data" in event) record(event.data as Bytes);
    return dispatch(event);
  };
  const send = stream.send.bind(stream);
  stream.send = (data) => {
    record(data);
    return send(data);
  };
}
