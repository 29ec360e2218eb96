import { ProtocolError } from "../../errors/index.ts";
import { Channel, type ChannelOwner } from "./channel.ts";
import { CHANNEL_NUMBERS } from "./frames.ts";
import { type Group } from "./group.ts";
import { IdTable } from "./id-table.ts";
import { MAX_EXTRA_WINDOW_BYTES } from "./limits.ts";
import { ReceiveWindow, type WindowPool } from "./receive-window.ts";

/** A channel and what its link knows of it. It is kept until both sides have ended it. */
export interface Entry {
  /** Of the channel. */
  readonly id: number;
  readonly channel: Channel;
  /** The node has not answered yet. */
  isOpening: boolean;
  /** The node has reached its container. */
  isReady: boolean;
  /** FIN, RST or REFUSED was sent; was received. */
  hasSentEnd: boolean;
  hasReceivedEnd: boolean;
  /** Called once, with what the node answered or why there is no answer. */
  onAnswer: ((error?: ProtocolError) => void) | undefined;
  /** In milliseconds, of the link's clock. */
  readonly openedAt: number;
}

export interface NewChannel {
  readonly id: number;
  readonly group: Group<Channel>;
  readonly onAnswer: Entry["onAnswer"];
}

/** The channels of one link by their numbers. */
export class ChannelTable {
  readonly pool: WindowPool = { extra: MAX_EXTRA_WINDOW_BYTES };
  readonly #owner: ChannelOwner;
  readonly #entries = new IdTable<Entry>();
  #opening = 0;
  #lastId = 0;

  constructor(owner: ChannelOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#entries.size;
  }

  get openingCount(): number {
    return this.#opening;
  }

  get(id: number): Entry | undefined {
    return this.#entries.get(id);
  }

  /** A number that no channel has. */
  freeId(): number {
    do this.#lastId = (this.#lastId + 1) % CHANNEL_NUMBERS;
    while (this.#entries.has(this.#lastId));
    return this.#lastId;
  }

  add({ id, group, onAnswer }: NewChannel): Entry {
    const now = this.#owner.now();
    const window = new ReceiveWindow(this.pool, now);
    const entry: Entry = {
      id,
      isOpening: true,
      channel: new Channel({ id, group, window }, this.#owner),
      isReady: false,
      hasSentEnd: false,
      hasReceivedEnd: false,
      onAnswer,
      openedAt: now,
    };
    this.#entries.add(entry);
    this.#opening += 1;
    return entry;
  }

  /** The node has answered, or will not any more. */
  answer(entry: Entry, error?: ProtocolError): void {
    this.#endOpening(entry);
    const { onAnswer } = entry;
    entry.onAnswer = undefined;
    onAnswer?.(error);
  }

  /** @returns Whether both sides have ended the channel, whose number is free now. */
  freeIfOver(entry: Entry): boolean {
    if (!entry.hasSentEnd || !entry.hasReceivedEnd) return false;
    if (this.#entries.get(entry.id) !== entry) return false;
    this.#entries.delete(entry.id);
    this.#endOpening(entry);
    entry.channel.window.release();
    return true;
  }

  /** Channels that wait for an answer for too long. */
  overdue(timeoutMs: number): Entry[] {
    const before = this.#owner.now() - timeoutMs;
    return [...this.#entries].filter(({ isOpening, openedAt }) => isOpening && openedAt <= before);
  }

  /** Takes everything out. */
  clear(): Entry[] {
    const entries = [...this.#entries];
    this.#entries.clear();
    return entries;
  }

  #endOpening(entry: Entry): void {
    if (entry.isOpening) this.#opening -= 1;
    entry.isOpening = false;
  }
}

/** The error of channels whose peer, or link, is gone. */
export function gone(message: string, cause?: unknown): ProtocolError {
  return new ProtocolError("STREAM_CLOSED", message, { cause });
}
