import { ProtocolError } from "../errors/index.ts";
import { type ByteStream } from "./byte-stream.ts";
import { takeLeftover } from "./leftover.ts";
import { isAlive, isLibp2pStream, watchRemoteEnd } from "./stream-ends.ts";

/** Pieces of a bulk transfer; TLS delivers it in records of 16 KiB. */
const LARGE_BYTES = 8 * 1024;

/** The part of node:net's Socket that a tunnel needs. */
export interface TunnelSocket {
  /** Whether one half may end before the other. `pipeSocket` sets it: without it what comes after the peer's end is lost. */
  allowHalfOpen: boolean;
  /** Whether everything that the peer sent was read, and its end. */
  readonly readableEnded: boolean;
  readonly writableEnded: boolean;
  /** Bytes that the system has not taken yet. */
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(chunk: Uint8Array): boolean;
  end(): void;
  destroy(): void;
  /** Tells the peer with a reset: an end would look like a complete answer. */
  resetAndDestroy(): void;
  pause(): void;
  resume(): void;
  cork(): void;
  uncork(): void;
  on(event: "data", listener: (chunk: Uint8Array) => void): this;
  on(event: "drain" | "end" | "close", listener: () => void): this;
  on(event: "error", listener: (error: Error) => void): this;
}

/** Bytes that went through, for counters. */
export interface PipeCounts {
  toSocket: number;
  toStream: number;
}

/**
 * Joins a TCP socket and a stream of bytes with backpressure and half-close both ways.
 *
 * A channel of a tunnel link would do with less. Facts of libp2p 3 behind each line: `close` and `remoteCloseWrite` fire while unread data is still buffered, so
 * the socket ends on `end`; `pause`/`resume` throw once the read side is closed; `drain` reaches every stream of a
 * connection, so the write buffer is checked before the socket goes on. The muxer's receive window must be smaller
 * than its read buffer limit on both sides, or a paused stream is reset.
 *
 * @param counts Updated while the bytes flow.
 * @returns When both directions are over.
 */
export function pipeSocket(
  stream: ByteStream,
  socket: TunnelSocket,
  counts: PipeCounts = { toSocket: 0, toStream: 0 },
): Promise<PipeCounts> {
  return new Promise((resolve) => {
    socket.allowHalfOpen = true;
    let streamDone = false;
    let socketDone = false;
    const settle = (): void => {
      if (streamDone && socketDone) resolve(counts);
    };
    const fail = (error: Error): void => {
      reset(socket);
      if (isAlive(stream)) stream.abort(error);
    };
    pipeToSocket(stream, socket, counts);
    pipeToStream(stream, socket, { counts, fail });
    socket.on("error", fail);
    socket.on("close", () => {
      socketDone = true;
      // What was sent before the socket's end may still be on its way; anything else has nobody any more.
      if (isAlive(stream) && (stream.writeStatus === "writable" || !stream.readableEnded))
        stream.abort(new ProtocolError("STREAM_CLOSED", "The socket is gone."));
      settle();
    });
    const onStreamClose = (event: { error?: Error }): void => {
      streamDone = true;
      if (event.error !== undefined) reset(socket);
      settle();
    };
    stream.addEventListener("close", onStreamClose);
    if (!isAlive(stream)) onStreamClose({});
    socket.resume();
  });
}

function pipeToSocket(stream: ByteStream, socket: TunnelSocket, counts: PipeCounts): void {
  const hasRemoteEnded = watchRemoteEnd(stream);
  const end = (): void => {
    // A reset stream emits `end` as well, before its `close`, and so does one whose connection is lost.
    if (stream.status === "reset" || stream.status === "aborted" || !hasRemoteEnded()) reset(socket);
    else if (socket.writableEnded) return;
    // Nothing is left to hear: closing ends the other half too, with one call of the system instead of two.
    else if (socket.readableEnded && socket.writableLength === 0) socket.destroy();
    else socket.end();
  };
  const write = writer(socket, counts);
  // A libp2p stream that hears late that it should wait loses its bytes: its buffer is little larger than its window.
  const gather = isLibp2pStream(stream) ? () => undefined : gathering(socket);
  stream.addEventListener("message", ({ data }) => {
    if (socket.destroyed || socket.writableEnded) return;
    if (!(data instanceof Uint8Array) || data.length >= LARGE_BYTES) gather();
    const ok = write(data);
    if (stream.readableEnded && stream.readBufferLength === 0) end();
    else if (!ok && stream.readStatus === "readable") stream.pause();
  });
  socket.on("drain", () => {
    if (stream.readStatus === "paused") stream.resume();
  });
  const rest = takeLeftover(stream);
  if (rest !== undefined) write(rest);
  // Bytes given back after the end are still delivered, without a second `end`.
  if (stream.readableEnded && stream.readBufferLength === 0) end();
  else stream.addEventListener("end", end, { once: true });
}

/** Writes what belongs together with one call of the system. @returns As a socket's `write`. */
function writer(
  socket: TunnelSocket,
  counts: PipeCounts,
): (data: Uint8Array | Iterable<Uint8Array>) => boolean {
  const write = (chunk: Uint8Array): boolean => {
    counts.toSocket += chunk.length;
    return socket.write(chunk);
  };
  return (data) => {
    if (data instanceof Uint8Array) return write(data);
    let ok = true;
    socket.cork();
    for (const chunk of data) ok = write(chunk);
    socket.uncork();
    return ok;
  };
}

/** Corks a socket until the present turn of the event loop is over: its pieces leave with one call of the system. */
function gathering(socket: TunnelSocket): () => void {
  let isCorked = false;
  return () => {
    if (isCorked) return;
    isCorked = true;
    socket.cork();
    setImmediate(() => {
      isCorked = false;
      socket.uncork();
    });
  };
}

function pipeToStream(
  stream: ByteStream,
  socket: TunnelSocket,
  { counts, fail }: { counts: PipeCounts; fail: (error: Error) => void },
): void {
  let paused = false;
  const more = (): void => {
    if (!paused || stream.writableNeedsDrain || stream.writeBufferLength > 0) return;
    paused = false;
    socket.resume();
  };
  stream.addEventListener("drain", more);
  stream.addEventListener("idle", more);
  socket.on("data", (chunk) => {
    if (stream.writeStatus !== "writable") return;
    counts.toStream += chunk.length;
    if (stream.send(chunk)) return;
    paused = true;
    socket.pause();
  });
  socket.on("end", () => {
    if (stream.writeStatus === "writable") stream.close().catch(fail);
  });
}

/** libuv cannot reset a socket after its write side was shut down. */
function reset(socket: TunnelSocket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
