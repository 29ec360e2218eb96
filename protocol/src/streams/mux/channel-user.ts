import { type ByteStreamEvents } from "../byte-stream.ts";
import { Listeners } from "../listeners.ts";

/**
 * Who has a channel: it is told what happens by plain calls, which for a short connection cost a fraction of a listener for
 * each event. None of them may throw.
 */
export interface ChannelUser {
  /** Whether it takes what arrives; it waits in the channel otherwise. */
  readonly reads: boolean;
  /** Bytes arrived. They belong to the user until it returns. */
  take(data: Uint8Array | readonly Uint8Array[]): void;
  /** Everything that was sent is on its way. @param neededDrain Whether a `send` had returned false. */
  sent(neededDrain: boolean): void;
  /** The other side has ended its half, and everything that it sent was taken. */
  ended(): void;
  /** Both halves are over; with an error when either side aborted, or the link is gone. Nothing is told after it. */
  closed(error?: Error): void;
}

/** The listeners of a channel that is used as a ByteStream. */
export class ListeningUser implements ChannelUser {
  readonly listeners = new Listeners<ByteStreamEvents>();

  get reads(): boolean {
    return this.listeners.has("message");
  }

  take(data: Uint8Array | readonly Uint8Array[]): void {
    this.listeners.emit("message", { data });
  }

  sent(neededDrain: boolean): void {
    if (neededDrain) this.listeners.emit("drain", {});
    this.listeners.emit("idle", {});
  }

  ended(): void {
    this.listeners.emit("end", {});
  }

  closed(error?: Error): void {
    this.listeners.emit("close", error === undefined ? {} : { error });
    this.listeners.clear();
  }
}
