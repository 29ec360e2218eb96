/** What happens to a byte stream. */
export interface ByteStreamEvents {
  /** Bytes arrived. They belong to the listener until it returns control; none come while the stream is paused. */
  message: { readonly data: Uint8Array | Iterable<Uint8Array> };
  /** `send` may be called again after it returned false. */
  drain: object;
  /** Everything that was sent is on its way. */
  idle: object;
  /** The other side has ended its half, and everything it sent was delivered. A reset libp2p stream emits it, too. */
  end: object;
  /** Both halves are over; with an error when either side aborted. A libp2p stream may have unread bytes left then. */
  close: { readonly error?: Error };
}

/**
 * The part of libp2p's Stream that carrying bytes needs: both halves end on their own, and both directions are held
 * back. libp2p streams and channels of a tunnel link have it.
 */
export interface ByteStream {
  readonly status: "open" | "closing" | "closed" | "aborted" | "reset";
  readonly readStatus: "readable" | "paused" | "closing" | "closed";
  readonly writeStatus: "writable" | "closing" | "closed";
  /** Whether `send` returned false and `drain` has not come since. */
  readonly writableNeedsDrain: boolean;
  /** Bytes that were sent and are not on their way yet. */
  readonly writeBufferLength: number;
  /** Bytes that arrived and were not delivered yet. */
  readonly readBufferLength: number;
  /** Whether `end` was emitted. */
  readonly readableEnded: boolean;
  addEventListener<Type extends keyof ByteStreamEvents>(
    type: Type,
    listener: (event: ByteStreamEvents[Type]) => void,
    options?: { readonly once?: boolean },
  ): void;
  removeEventListener<Type extends keyof ByteStreamEvents>(
    type: Type,
    listener: (event: ByteStreamEvents[Type]) => void,
  ): void;
  /**
   * Queues bytes; they must not be changed afterwards. Throws when the write side is not writable.
   *
   * @returns False when the caller should wait for `drain`. The bytes are queued all the same.
   */
  send(bytes: Uint8Array): boolean;
  /** Holds deliveries back; once the read side is closed, it throws. */
  pause(): void;
  resume(): void;
  /** Ends the write side after what was sent; the other side can still send. */
  close(): Promise<void>;
  /** Ends both sides at once; what is queued is lost, and the other side hears of a reset. */
  abort(error: Error): void;
}
