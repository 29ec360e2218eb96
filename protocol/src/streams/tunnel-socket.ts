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

/** Whose socket and stream are joined. */
export interface PipeOwner {
  /** Updated while the bytes flow. */
  readonly counts: PipeCounts;
  /** Called once, when both directions are over. */
  onPipeOver(): void;
}

/**
 * Ends a socket with a reset. libuv cannot do so while the write side is being shut down, which begins when everything that
 * was written has left: then what the peer gets is complete, and an end is right.
 */
export function resetSocket(socket: TunnelSocket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded && socket.writableLength === 0) socket.destroy();
  else socket.resetAndDestroy();
}
