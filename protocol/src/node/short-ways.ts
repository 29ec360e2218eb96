import { type MessageStream, type Stream } from "@libp2p/interface";
import { Uint8ArrayList } from "uint8arraylist";

/** Messages below leave in one piece: a copy costs less than a system call. */
export const JOIN_BELOW_BYTES = 16 * 1024;

type Data = Uint8Array | Uint8ArrayList;

/** What every layer of libp2p is made of, besides its interface (@libp2p/utils 7.4). */
export interface Layer
  extends MessageStream, Pick<Stream, "readStatus" | "writeStatus" | "remoteWriteStatus"> {
  readonly readBuffer: { readonly byteLength: number };
  readonly writeBuffer: { readonly byteLength: number; append: (data: Data) => void };
  readonly sendingData: boolean;
  writableNeedsDrain: boolean;
  onData(data: Data): void;
  sendData(data: Uint8ArrayList): { readonly sentBytes: number; readonly canSendMore: boolean };
  listenerCount(type: string): number;
}

/**
 * A layer as what it is inside; undefined for what is made otherwise, which is then left to its own ways. A message that
 * was read whole passes noise and yamux through three queues, three generators and three events each, which is most
 * of what an idle node costs; short ways lead from one layer to the next without them, when nothing waits in between.
 */
export function layerOf(stream: MessageStream): Layer | undefined {
  const { readBuffer, writeBuffer, onData, sendData } = stream as Partial<Layer>;
  const isKnown = [onData, sendData].every((method) => typeof method === "function");
  return isKnown && readBuffer !== undefined && writeBuffer !== undefined ? (stream as Layer) : undefined;
}

/** Whether what arrives may be handed to the only reader at once: nothing is before it, and no end comes with it. */
export function isQuiet(layer: Layer): boolean {
  return (
    layer.readStatus === "readable" &&
    layer.remoteWriteStatus === "writable" &&
    layer.readBuffer.byteLength === 0 &&
    layer.listenerCount("message") === 1
  );
}

/** Whether these bytes may be sent at once. */
export function isFree(layer: Layer, { byteLength }: Data): boolean {
  return (
    byteLength > 0 &&
    byteLength < JOIN_BELOW_BYTES &&
    layer.writeStatus === "writable" &&
    !layer.writableNeedsDrain &&
    !layer.sendingData &&
    layer.writeBuffer.byteLength === 0
  );
}

/** Sends as the layer itself would, with its end by an error too. @param pass To the layer below. */
export function sendNow(layer: Layer, pass: () => boolean): boolean {
  try {
    const takesMore = pass();
    if (!takesMore) layer.writableNeedsDrain = true;
    return takesMore;
  } catch (error) {
    layer.abort(error as Error);
    throw error;
  }
}

/** Bytes with room before them. */
export function prefixed(roomBytes: number, data: Data): Uint8Array {
  const result = new Uint8Array(roomBytes + data.byteLength);
  let at = roomBytes;
  for (const piece of data instanceof Uint8Array ? [data] : data) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}

/** Small messages to a transport leave in one piece, and without a wait in its queue when that is empty. */
export function joinSmall<Connection extends MessageStream>(stream: Connection): Connection {
  const send = stream.send.bind(stream);
  const layer = layerOf(stream);
  stream.send = (data) => {
    const whole = data instanceof Uint8Array || data.byteLength >= JOIN_BELOW_BYTES ? data : data.subarray();
    if (layer === undefined || !isFree(layer, whole)) return send(whole);
    return sendNow(layer, () => {
      const { sentBytes, canSendMore } = layer.sendData(new Uint8ArrayList(whole));
      if (sentBytes < whole.byteLength) layer.writeBuffer.append(whole.subarray(sentBytes));
      return canSendMore;
    });
  };
  return stream;
}
