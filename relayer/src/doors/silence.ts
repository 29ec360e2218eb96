import { type Socket } from "node:net";

/** How long a TCP connection may be silent in both directions, in milliseconds. */
export interface SilenceLimits {
  readonly idleMs: number;
  /** After one side has ended. */
  readonly halfClosedMs: number;
}

/**
 * Watches for a connection that carries nothing any more: its caller vanished, or both ends forgot it. Bytes that wait
 * for a slow reader count as silence when none of them moves.
 *
 * @param onSilent Called once.
 */
export function watchSilence(
  socket: Socket,
  { idleMs, halfClosedMs }: SilenceLimits,
  onSilent: () => void,
): void {
  const halfClosed = (): void => {
    // Of one whose both sides have ended nothing is left to watch.
    if (!socket.readableEnded || !socket.writableFinished) socket.setTimeout(Math.min(idleMs, halfClosedMs));
  };
  // Both come once; listeners that Node.js takes off again would cost every connection an object and a call.
  socket.on("end", halfClosed);
  // `finish` waits until the caller has taken everything: a caller that does not is silent too.
  socket.on("finish", halfClosed);
  socket.once("timeout", onSilent);
  socket.setTimeout(idleMs);
}
