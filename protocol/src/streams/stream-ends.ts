import { type Stream } from "@libp2p/interface";
import { type ByteStream } from "./byte-stream.ts";

/** Whether a stream is neither over nor reset. */
export function isAlive({ status }: ByteStream): boolean {
  return status === "open" || status === "closing";
}

/**
 * Tells whether the other side has ended its half itself. When the connection under a libp2p stream is lost without an
 * error, as when the other process ends, the stream emits `end` as if it had.
 */
export function watchRemoteEnd(stream: ByteStream): () => boolean {
  if (!isLibp2pStream(stream)) return () => true;
  let isEnded = stream.remoteWriteStatus === "closed";
  const onEnd = (): void => {
    isEnded = true;
  };
  stream.addEventListener("remoteCloseWrite", onEnd, { once: true });
  return () => isEnded;
}

export function isLibp2pStream(stream: ByteStream): stream is Stream {
  return "remoteWriteStatus" in stream;
}

/** Ends both directions: nothing can be delivered any more. */
export function finishStream(stream: Stream): void {
  if (stream.writeStatus === "writable") stream.close().catch(() => undefined);
  if (stream.readStatus !== "closed") stream.closeRead().catch(() => undefined);
}
