import { type Stream } from "@libp2p/interface";
import { type ByteStream } from "./byte-stream.ts";

/** Whether a stream is neither over nor reset. */
export function isAlive({ status }: ByteStream): boolean {
  return status === "open" || status === "closing";
}

/** Ends both directions: nothing can be delivered any more. */
export function finishStream(stream: Stream): void {
  if (stream.writeStatus === "writable") stream.close().catch(() => undefined);
  if (stream.readStatus !== "closed") stream.closeRead().catch(() => undefined);
}
