import { ProtocolError } from "../errors/index.ts";
import { type ByteStream } from "./byte-stream.ts";
import { takeLeftover } from "./leftover.ts";
import { isAlive, watchRemoteEnd } from "./stream-ends.ts";

/** Joins two streams of bytes, with backpressure and half-close both ways. A reset of one resets the other. */
export function spliceStreams(one: ByteStream, other: ByteStream): void {
  carry(one, other);
  carry(other, one);
}

function carry(from: ByteStream, to: ByteStream): void {
  const hasRemoteEnded = watchRemoteEnd(from);
  const give = (chunk: Uint8Array): void => {
    if (to.writeStatus !== "writable") return;
    // The bytes are the sender's again when this returns.
    if (!to.send(chunk.slice()) && from.readStatus === "readable") from.pause();
  };
  const more = (): void => {
    if (to.writableNeedsDrain || to.writeBufferLength > 0) return;
    if (from.readStatus === "paused") from.resume();
  };
  const end = (): void => {
    // A reset stream emits `end` as well, before its `close`, and so does one whose connection is lost.
    if (!isAlive(from) && from.status !== "closed") reset(to);
    else if (!hasRemoteEnded()) reset(to);
    else if (to.writeStatus === "writable") to.close().catch(() => undefined);
  };
  to.addEventListener("drain", more);
  to.addEventListener("idle", more);
  to.addEventListener("close", () => {
    // Nobody takes the rest.
    if (isAlive(from) && from.readStatus !== "closed" && !from.readableEnded) reset(from);
  });
  from.addEventListener("close", ({ error }) => {
    if (error !== undefined) reset(to);
  });
  const rest = takeLeftover(from);
  if (rest !== undefined) give(rest);
  from.addEventListener("message", ({ data }) => {
    if (data instanceof Uint8Array) give(data);
    else for (const chunk of data) give(chunk);
    // Bytes given back after the end are still delivered, without a second `end`.
    if (from.readableEnded && from.readBufferLength === 0) end();
  });
  if (from.readableEnded && from.readBufferLength === 0) end();
  else if (!isAlive(from)) reset(to);
  else from.addEventListener("end", end, { once: true });
}

function reset(stream: ByteStream): void {
  if (isAlive(stream)) stream.abort(new ProtocolError("STREAM_CLOSED", "The other stream is gone."));
}
