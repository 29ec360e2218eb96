import { type Stream } from "@libp2p/interface";
import { ProtocolError } from "../errors/index.ts";

/**
 * Waits until a stream takes more bytes.
 *
 * `Stream.onDrain()` resolves for ever after its first time, and `drain` is broadcast to every stream of a
 * connection (libp2p 3.3), so this listens itself and looks at the stream's own write buffer.
 *
 * @throws ProtocolError STREAM_CLOSED, TIMEOUT
 */
export async function whenWritable(stream: Stream, signal: AbortSignal): Promise<void> {
  if (isWritable(stream)) return;
  await new Promise<void>((resolve, reject) => {
    const finish = (error?: ProtocolError): void => {
      stream.removeEventListener("drain", check);
      stream.removeEventListener("idle", check);
      stream.removeEventListener("close", check);
      signal.removeEventListener("abort", onAbort);
      if (error === undefined) resolve();
      else reject(error);
    };
    // send() inside an `idle` listener strands its bytes until the next send: leave the event first.
    const check = (): void => {
      setTimeout(() => {
        try {
          if (isWritable(stream)) finish();
        } catch (error) {
          finish(error as ProtocolError);
        }
      }, 0);
    };
    const onAbort = (): void => {
      finish(new ProtocolError("TIMEOUT", "The other side does not read.", { cause: signal.reason }));
    };
    stream.addEventListener("drain", check);
    stream.addEventListener("idle", check);
    stream.addEventListener("close", check);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

function isWritable(stream: Stream): boolean {
  if (stream.writeStatus !== "writable")
    throw new ProtocolError("STREAM_CLOSED", "The stream was closed by the other side.");
  return !stream.writableNeedsDrain || stream.writeBufferLength === 0;
}
