import { ProtocolError } from "../../errors/index.ts";
import { type ByteStream, type ByteStreamEvents } from "../byte-stream.ts";
import { Backlog } from "./backlog.ts";
import { type ChannelUser, ListeningUser } from "./channel-user.ts";
import { type Group } from "./group.ts";
import { SEND_BUFFER_BYTES, WINDOW_BYTES } from "./limits.ts";
import { type ReceiveWindow } from "./receive-window.ts";
import { type Turn } from "./rotation.ts";

/** Small pieces that a channel sends as they come before more are copied together. */
const LOOSE_PIECES = 32;
/** Little enough to go ahead of others. */
const LITTLE_BYTES = 16 * 1024;
/** Waiting bytes that are delivered in one event. */
const DELIVERY_BYTES = 64 * 1024;

/** What a channel tells its link. */
export interface ChannelOwner {
  /** It has bytes or its end to send. */
  ready(channel: Channel): void;
  /** Its reader took enough for the other side to send more. */
  grant(channel: Channel, credit: number): void;
  /** In milliseconds, of the link's clock. */
  readonly now: () => number;
  /** It was aborted here. */
  aborted(channel: Channel): void;
}

/** One stream of bytes of a tunnel link. Its user sees a ByteStream; the other members belong to the link. */
export class Channel implements ByteStream, Turn {
  readonly id: number;
  readonly group: Group<Channel>;
  /** What the other side may send. */
  readonly window: ReceiveWindow;
  status: "open" | "closed" | "aborted" | "reset" = "open";
  readStatus: "readable" | "paused" | "closed" = "readable";
  writeStatus: "writable" | "closing" | "closed" = "writable";
  writableNeedsDrain = false;
  readableEnded = false;
  isListed = false;
  /** Kept by the outbox: `afterSend` is due. */
  isSending = false;
  readonly #owner: ChannelOwner;
  #user: ChannelUser | undefined;
  readonly #unsent = new Backlog(LOOSE_PIECES);
  readonly #unread = new Backlog(0);
  /** Bytes that the other side takes. */
  #credit = WINDOW_BYTES;
  #hasRemoteEnded = false;
  #hasDrained = false;
  #isDelivering = false;
  #onEnded: (() => void)[] | undefined;

  constructor({ id, group, window }: Pick<Channel, "id" | "group" | "window">, owner: ChannelOwner) {
    this.id = id;
    this.group = group;
    this.window = window;
    this.#owner = owner;
  }

  get writeBufferLength(): number {
    return this.#unsent.length;
  }

  get readBufferLength(): number {
    return this.#unread.length;
  }

  addEventListener<Type extends keyof ByteStreamEvents>(
    type: Type,
    listener: (event: ByteStreamEvents[Type]) => void,
    { once = false }: { readonly once?: boolean } = {},
  ): void {
    this.#listening().listeners.add(type, listener, once);
    // The listener may be added by a constructor that is not through yet.
    if (type === "message" && this.readStatus !== "closed")
      queueMicrotask(() => {
        this.#deliver();
      });
  }

  removeEventListener<Type extends keyof ByteStreamEvents>(
    type: Type,
    listener: (event: ByteStreamEvents[Type]) => void,
  ): void {
    this.#listening().listeners.remove(type, listener);
  }

  /**
   * Gives the channel to one user, instead of listeners: what waits is delivered at once.
   *
   * @throws ProtocolError STREAM_CLOSED when somebody else has it
   */
  use(user: ChannelUser): void {
    if (this.#user !== undefined)
      throw new ProtocolError("STREAM_CLOSED", "Somebody else reads the channel.");
    this.#user = user;
    this.#deliver();
  }

  #listening(): ListeningUser {
    const user = (this.#user ??= new ListeningUser());
    if (!(user instanceof ListeningUser))
      throw new ProtocolError("STREAM_CLOSED", "Somebody else reads the channel.");
    return user;
  }

  send(bytes: Uint8Array): boolean {
    if (this.writeStatus !== "writable")
      throw new ProtocolError("STREAM_CLOSED", `The write side of the channel is ${this.writeStatus}.`);
    this.#unsent.push(bytes);
    if (this.isReady) this.#owner.ready(this);
    this.writableNeedsDrain ||= this.#unsent.length >= SEND_BUFFER_BYTES;
    return !this.writableNeedsDrain;
  }

  pause(): void {
    this.#requireReadable();
    this.readStatus = "paused";
  }

  resume(): void {
    this.#requireReadable();
    this.readStatus = "readable";
    this.#deliver();
  }

  async close(): Promise<void> {
    if (this.writeStatus === "closed") return;
    const ended = new Promise<void>((resolve) => {
      (this.#onEnded ??= []).push(resolve);
    });
    this.end();
    await ended;
  }

  /** As `close`, for who does not wait for it. */
  end(): void {
    if (this.writeStatus !== "writable") return;
    this.writeStatus = "closing";
    if (this.isReady) this.#owner.ready(this);
  }

  abort(error: Error): void {
    if (this.status !== "open") return;
    this.status = "aborted";
    this.#owner.aborted(this);
    this.#finish(error);
  }

  /** Whether there is something that may go now. */
  get isReady(): boolean {
    if (this.writeStatus === "closed") return false;
    return this.#unsent.length > 0 ? this.#credit > 0 : this.writeStatus === "closing";
  }

  get hasLittle(): boolean {
    return this.#unsent.length <= LITTLE_BYTES;
  }

  /** Bytes that may go now, of a channel that is ready; 0 for the end of the write side. */
  sendable(most: number): number {
    return Math.min(most, this.#credit, this.#unsent.length);
  }

  /** Takes as many bytes as are `sendable`, or the end. */
  takeUnsent(length: number, pieces: { push(piece: Uint8Array): unknown }): void {
    this.#unsent.take(length, pieces);
    this.#credit -= length;
    if (length === 0) this.writeStatus = "closed";
    else this.#hasDrained ||= this.#unsent.length === 0;
  }

  /** What was taken is on its way: tells the user. */
  afterSend(): void {
    if (this.writeStatus === "closed") {
      this.#settleEnded();
      this.#closeIfOver();
    }
    if (!this.#hasDrained || this.#unsent.length > 0) return;
    this.#hasDrained = false;
    const neededDrain = this.writableNeedsDrain;
    this.writableNeedsDrain = false;
    this.#user?.sent(neededDrain);
  }

  /** @returns False when the sum is more than a window can be. */
  grant(credit: number, most: number): boolean {
    this.#credit += credit;
    if (this.#credit > most) return false;
    if (this.isReady) this.#owner.ready(this);
    return true;
  }

  receive(piece: Uint8Array): void {
    if (this.readStatus === "closed") return;
    if (this.readStatus === "readable" && this.#unread.length === 0 && this.#hasReader)
      this.#hand(piece, piece.length);
    else this.#unread.push(piece);
  }

  receiveEnd(): void {
    this.#hasRemoteEnded = true;
    this.#endIfRead();
  }

  /** The other side, or the link, is gone. */
  reset(error: Error): void {
    if (this.status !== "open") return;
    this.status = "reset";
    this.#finish(error);
  }

  get #hasReader(): boolean {
    return this.#user?.reads === true;
  }

  #requireReadable(): void {
    if (this.readStatus === "closed")
      throw new ProtocolError("STREAM_CLOSED", "The read side of the channel is closed.");
  }

  #hand(data: Uint8Array | readonly Uint8Array[], length: number): void {
    const credit = this.#hasRemoteEnded ? 0 : this.window.take(length, this.#owner.now);
    if (credit > 0) this.#owner.grant(this, credit);
    this.#user?.take(data);
  }

  /** Delivers what waits, unless a delivery is under way: that one goes on. */
  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    while (this.readStatus === "readable" && this.#unread.length > 0 && this.#hasReader) {
      const pieces: Uint8Array[] = [];
      const length = this.#unread.take(DELIVERY_BYTES, pieces);
      const [only] = pieces;
      this.#hand(pieces.length === 1 && only !== undefined ? only : pieces, length);
    }
    this.#isDelivering = false;
    this.#endIfRead();
  }

  #endIfRead(): void {
    if (!this.#hasRemoteEnded || this.#unread.length > 0 || this.readStatus === "closed") return;
    this.readStatus = "closed";
    this.readableEnded = true;
    this.#user?.ended();
    this.#closeIfOver();
  }

  #closeIfOver(): void {
    if (this.status !== "open" || this.writeStatus !== "closed" || this.readStatus !== "closed") return;
    this.status = "closed";
    this.#leave();
  }

  #finish(error: Error): void {
    this.readStatus = "closed";
    this.writeStatus = "closed";
    this.#unsent.clear();
    this.#unread.clear();
    this.#settleEnded();
    this.#leave(error);
  }

  #leave(error?: Error): void {
    const user = this.#user;
    // Nobody hears of it a second time.
    this.#user = undefined;
    user?.closed(error);
  }

  #settleEnded(): void {
    const onEnded = this.#onEnded;
    this.#onEnded = undefined;
    for (const resolve of onEnded ?? []) resolve();
  }
}
