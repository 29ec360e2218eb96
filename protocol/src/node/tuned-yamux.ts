import { type MessageStream, StreamMessageEvent } from "@libp2p/interface";
import { yamux } from "@libp2p/yamux";
import { StreamState, type YamuxStream } from "@libp2p/yamux/stream";
import { type Uint8ArrayList } from "uint8arraylist";
import { type CreateMuxers, eachStream, keepPauses, type Muxer } from "../streams/keep-pauses.ts";
import { MUXER_INIT } from "../streams/muxer.ts";
import { isFree, isQuiet, type Layer, layerOf, prefixed, sendNow } from "./short-ways.ts";

/** Read before credit is given back, in bytes: an eighth of the first window. */
const UPDATE_AFTER_BYTES = MUXER_INIT.streamOptions.initialStreamWindowSize / 8;
/** The first ping, at once, tells the round trip, by which windows grow. The tunnel link has pings of its own. */
const KEEP_ALIVE_MS = 10 * 60_000;

/**
 * yamux for daemons. The library answers each frame of data with a frame of credit, however small: of a ping on the tunnel
 * link that is half the cost. Here credit is given back when there is some to give.
 */
export function tunedYamux(): CreateMuxers {
  const create = keepPauses(yamux({ ...MUXER_INIT, keepAliveInterval: KEEP_ALIVE_MS }));
  return readAtOnce(eachStream(create, (stream, muxer) => deliverAtOnce(frameAtOnce(calm(stream), muxer))));
}

function calm(stream: YamuxStream): YamuxStream {
  const handleData = stream.handleData.bind(stream);
  const sendWindowUpdate = stream.sendWindowUpdate.bind(stream);
  let owed = 0;
  return Object.assign(stream, {
    handleData: (frame: Parameters<typeof handleData>[0]) => {
      owed += frame.header.length;
      handleData(frame);
    },
    sendWindowUpdate: () => {
      // The other states say something else with it, or keep credit back.
      const isOpen = stream.state === StreamState.Established || stream.state === StreamState.SYNSent;
      if (isOpen && owed < UPDATE_AFTER_BYTES) return;
      if (isOpen) owed = 0;
      sendWindowUpdate();
    },
  });
}

const HEADER_BYTES = 12;
const FLAGS_AT = 2;
const ID_AT = 4;
const LENGTH_AT = 8;
/** Version 0, type "data", no flags: nothing begins or ends with such a frame. */
const PLAIN_DATA = 0;
const DATA = 0;

/** The library's end of a stream. */
interface Framed extends Layer {
  readonly streamId: number;
  sendWindowCapacity: number;
  getSendFlags(): number;
}

/** A small message that the window has room for goes to the layer below with its header. */
function frameAtOnce(stream: YamuxStream, muxer: Muxer): YamuxStream {
  const layer = layerOf(stream) as Framed | undefined;
  if (layer?.sendWindowCapacity === undefined) return stream;
  const send = stream.send.bind(stream);
  stream.send = (data) => {
    const length = data.byteLength;
    if (!isFree(layer, data) || length > layer.sendWindowCapacity) return send(data);
    return sendNow(layer, () => {
      const frame = prefixed(HEADER_BYTES, data);
      const header = new DataView(frame.buffer);
      header.setUint16(FLAGS_AT, layer.getSendFlags());
      header.setUint32(ID_AT, layer.streamId);
      header.setUint32(LENGTH_AT, length);
      layer.sendWindowCapacity -= length;
      return muxer.send(frame);
    });
  };
  return stream;
}

/** What arrives is handed to a reader who waits for it. */
function deliverAtOnce(stream: YamuxStream): YamuxStream {
  const layer = layerOf(stream);
  if (layer === undefined) return stream;
  const onData = stream.onData.bind(stream);
  stream.onData = (data) => {
    if (data.byteLength > 0 && isQuiet(layer)) stream.dispatchEvent(new StreamMessageEvent(data));
    else onData(data);
  };
  return stream;
}

/** One message that is one frame of data goes to its stream. */
function readAtOnce(create: CreateMuxers): CreateMuxers {
  return () => {
    const factory = create();
    const createStreamMuxer = factory.createStreamMuxer.bind(factory);
    return Object.assign(factory, {
      createStreamMuxer: (connection: MessageStream) => {
        const muxer = createStreamMuxer(connection);
        const below = layerOf(connection);
        if (below !== undefined) shorten(below, muxer);
        return muxer;
      },
    });
  };
}

function shorten(below: Layer, muxer: Muxer): void {
  const { buffer } = (muxer as unknown as Decoding).decoder ?? {};
  if (buffer === undefined) return;
  const onData = below.onData.bind(below);
  below.onData = (data) => {
    const frame = buffer.byteLength === 0 && isQuiet(below) ? plainFrame(data) : undefined;
    const stream = frame && muxer.streams.find(({ streamId }) => streamId === frame.header.streamID);
    if (frame === undefined || stream === undefined) {
      onData(data);
      return;
    }
    try {
      stream.handleData(frame);
    } catch (error) {
      muxer.abort(error as Error);
      below.abort(error as Error);
    }
  };
}

interface Decoding {
  readonly decoder?: { readonly buffer?: { readonly byteLength: number } };
}

type Frame = Parameters<YamuxStream["handleData"]>[0];

/** The one frame that these bytes are, when it is data and nothing else. */
function plainFrame(bytes: Uint8Array | Uint8ArrayList): Frame | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length <= HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = view.getUint32(LENGTH_AT);
  if (view.getUint32(0) !== PLAIN_DATA || length !== bytes.length - HEADER_BYTES) return undefined;
  const header = { type: DATA, flag: 0, streamID: view.getUint32(ID_AT), length };
  // The stream only hands it on.
  return { header, data: bytes.subarray(HEADER_BYTES) } as unknown as Frame;
}
