import { ProtocolError } from "../errors/index.ts";
import { type ByteStream } from "./byte-stream.ts";
import { takeLeftover } from "./leftover.ts";
import { Channel } from "./mux/channel.ts";
import { ChannelPipe } from "./mux/channel-pipe.ts";
import { isAlive, watchRemoteEnd } from "./stream-ends.ts";
import { type PipeCounts, type PipeOwner, resetSocket, type TunnelSocket } from "./tunnel-socket.ts";

/**
 * Joins a TCP socket and a stream of bytes with backpressure and half-close both ways.
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
    const onPipeOver = (): void => {
      resolve(counts);
    };
    joinSocket(stream, socket, { counts, onPipeOver });
  });
}

/** As `pipeSocket`, without a promise. */
export function joinSocket(stream: ByteStream, socket: TunnelSocket, owner: PipeOwner): void {
  if (stream instanceof Channel) new ChannelPipe(stream, socket, owner).start();
  else pipeStream(stream, socket, owner);
}

/**
 * Facts of libp2p 3 behind each line: `close` and `remoteCloseWrite` fire while unread data is still buffered, so
 * the socket ends on `end`; `pause`/`resume` throw once the read side is closed; `drain` reaches every stream of a
 * connection, so the write buffer is checked before the socket goes on. The muxer's receive window must be smaller
 * than its read buffer limit on both sides, or a paused stream is reset.
 */
function pipeStream(stream: ByteStream, socket: TunnelSocket, owner: PipeOwner): void {
  const { counts } = owner;
  socket.allowHalfOpen = true;
  let streamDone = false;
  let socketDone = false;
  const settle = (): void => {
    if (streamDone && socketDone) owner.onPipeOver();
  };
  const fail = (error: Error): void => {
    resetSocket(socket);
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
    if (event.error !== undefined) resetSocket(socket);
    settle();
  };
  stream.addEventListener("close", onStreamClose);
  if (!isAlive(stream)) onStreamClose({});
  socket.resume();
}

function pipeToSocket(stream: ByteStream, socket: TunnelSocket, counts: PipeCounts): void {
  const hasRemoteEnded = watchRemoteEnd(stream);
  const end = (): void => {
    // A reset stream emits `end` as well, before its `close`, and so does one whose connection is lost.
    if (stream.status === "reset" || stream.status === "aborted" || !hasRemoteEnded()) resetSocket(socket);
    else if (socket.writableEnded) return;
    // Nothing is left to hear: closing ends the other half too, with one call of the system instead of two.
    else if (socket.readableEnded && socket.writableLength === 0) socket.destroy();
    else socket.end();
  };
  const write = writer(socket, counts);
  stream.addEventListener("message", ({ data }) => {
    if (socket.destroyed || socket.writableEnded) return;
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
