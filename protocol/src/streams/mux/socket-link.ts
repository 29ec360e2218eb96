import { joinForWrite } from "./joined-write.ts";
import { type MuxOverInit } from "./libp2p-link.ts";
import { Mux } from "./mux.ts";

/** The part of node:tls's TLSSocket that a link needs. */
export interface LinkSocket {
  readonly writable: boolean;
  /** Bytes that were written and that the system has not taken yet. */
  readonly writableLength: number;
  write(chunk: Uint8Array, onWritten?: (error?: Error | null) => void): boolean;
  cork(): void;
  uncork(): void;
  destroy(): void;
  resume(): void;
  on(event: "data", listener: (chunk: Uint8Array) => void): this;
  on(event: "end" | "close", listener: () => void): this;
  on(event: "error", listener: (error: Error) => void): this;
}

/** A mux over one socket that is connected and whose other end is known. The socket is its own from now on. */
export function muxOverSocket(socket: LinkSocket, init: MuxOverInit): Mux {
  const { onTraffic } = init;
  const onWritten = (): void => {
    if (socket.writableLength === 0) mux.onDrain();
  };
  const mux = new Mux(
    {
      write: (pieces) => {
        for (const { length } of pieces) onTraffic?.(length);
        writeTogether(socket, pieces, onWritten);
        return socket.writableLength === 0;
      },
      get isOpen() {
        return socket.writable && socket.writableLength === 0;
      },
      abort: () => {
        socket.destroy();
      },
    },
    init,
  );
  socket.on("error", (error) => {
    mux.onLinkEnd(error);
  });
  for (const event of ["end", "close"] as const)
    socket.on(event, () => {
      mux.onLinkEnd();
    });
  socket.on("data", (chunk) => {
    onTraffic?.(chunk.length);
    mux.receive(chunk);
  });
  // Whoever looked at its first bytes may have left it paused.
  socket.resume();
  return mux;
}

/** @param onWritten Called once, when the system has taken all. */
function writeTogether(socket: LinkSocket, pieces: readonly Uint8Array[], onWritten: () => void): void {
  const [first] = pieces;
  if (first === undefined) return;
  if (pieces.length === 1) {
    socket.write(first, onWritten);
    return;
  }
  const joined = joinForWrite(pieces);
  if (joined !== undefined) {
    socket.write(joined.bytes, (error) => {
      // After a failure nobody says who still reads it.
      if (error === undefined || error === null) joined.release();
      onWritten();
    });
    return;
  }
  socket.cork();
  for (const [index, piece] of pieces.entries())
    socket.write(piece, index === pieces.length - 1 ? onWritten : undefined);
  socket.uncork();
}
