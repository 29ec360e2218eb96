import { type Channel } from "./channel.ts";
import { FRAME, frameHeader, type FrameType } from "./frames.ts";
import { MAX_BATCH_BYTES, MAX_CONTROL_BYTES, MAX_DATA_BYTES } from "./limits.ts";
import { mergeSmall } from "./merge-small.ts";
import { Rotation, type Turn } from "./rotation.ts";

/** In the place of a header until its length is known. */
const NOTHING = new Uint8Array(0);
/** What one group, a lease, may send in its turn. */
const TURN_BYTES = 64 * 1024;

export interface OutboxInit {
  /** Hands pieces to the link. @returns False when it wants no more until it drains. */
  readonly write: (pieces: readonly Uint8Array[]) => boolean;
  /** Whether the link takes bytes now. */
  readonly isOpen: () => boolean;
  /** Bytes of a channel, or its end, are on their way. */
  readonly onSent: (channel: Channel) => void;
  /** Runs a task after the present turn of the event loop. */
  readonly defer: (task: () => void) => void;
}

class Group implements Turn {
  readonly rotation = new Rotation<Channel>();
  isListed = false;
  channels = 0;
  #next: Channel | undefined;

  /** Looks ahead: the answer is the channel that `next` gives. */
  get isReady(): boolean {
    if (this.#next?.isReady !== true) this.#next = this.rotation.next();
    return this.#next !== undefined;
  }

  next(): Channel | undefined {
    const channel = this.isReady ? this.#next : undefined;
    this.#next = undefined;
    return channel;
  }
}

/**
 * What waits to be sent on a link: frames that are not data first, then data by turns of groups, and within a group of
 * channels. The frames of one turn of the event loop leave together. At most a batch is handed to a link that is busy,
 * so that what is small and comes later is not stuck behind what is big.
 */
export class Outbox {
  readonly #init: OutboxInit;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<Channel, Group>();
  readonly #rotation = new Rotation<Group>();
  #control: Uint8Array[] = [];
  #controlBytes = 0;
  #isScheduled = false;
  #isEnded = false;

  constructor(init: OutboxInit) {
    this.#init = init;
  }

  /** @param group Channels of one group share its turns. */
  add(channel: Channel, group: string): void {
    const found = this.#groups.get(group) ?? new Group();
    found.channels += 1;
    this.#groups.set(group, found);
    this.#groupOf.set(channel, found);
  }

  remove(channel: Channel, group: string): void {
    const found = this.#groupOf.get(channel);
    this.#groupOf.delete(channel);
    if (found === undefined) return;
    found.channels -= 1;
    if (found.channels === 0) this.#groups.delete(group);
  }

  /** A channel has something to send. */
  ready(channel: Channel): void {
    const group = this.#groupOf.get(channel);
    if (group === undefined) return;
    group.rotation.add(channel, channel.hasLittle);
    this.#rotation.add(group, channel.hasLittle);
    this.#schedule();
  }

  /** @returns False when too many of such frames wait: the other side does not read. */
  control(frame: Uint8Array): boolean {
    if (this.#isEnded) return true;
    this.#control.push(frame);
    this.#controlBytes += frame.length;
    this.#schedule();
    return this.#controlBytes <= MAX_CONTROL_BYTES;
  }

  /** The link takes bytes again: a link of an idle node says so after each sign of life, with nothing left to send. */
  resume(): void {
    if (!this.#isIdle) this.#schedule();
  }

  /** Nothing is sent any more. */
  end(): void {
    this.#isEnded = true;
    this.#control = [];
    this.#groups.clear();
    this.#groupOf.clear();
  }

  get #isIdle(): boolean {
    return this.#control.length === 0 && this.#rotation.isEmpty;
  }

  /** Sends what waits soon, as far as the link takes it. */
  #schedule(): void {
    if (this.#isScheduled || this.#isEnded) return;
    this.#isScheduled = true;
    this.#init.defer(this.#sendWaiting);
  }

  readonly #sendWaiting = (): void => {
    this.#isScheduled = false;
    this.#flush();
  };

  #flush(): void {
    const sent = new Set<Channel>();
    while (!this.#isEnded && this.#init.isOpen()) {
      const pieces = this.#collect(sent);
      if (pieces.length === 0 || !this.#init.write(mergeSmall(pieces)) || this.#isIdle) break;
    }
    for (const channel of sent) this.#init.onSent(channel);
  }

  #collect(sent: Set<Channel>): Uint8Array[] {
    const pieces = this.#control;
    let left = MAX_BATCH_BYTES - this.#controlBytes;
    this.#control = [];
    this.#controlBytes = 0;
    while (left > 0) {
      const group = this.#rotation.next();
      if (group === undefined) break;
      left -= takeTurn(group, { most: Math.min(left, TURN_BYTES), pieces, sent });
    }
    return pieces;
  }
}

interface TurnOf {
  readonly most: number;
  readonly pieces: Uint8Array[];
  readonly sent: Set<Channel>;
}

/** @returns Bytes of data that were added to `pieces`. */
function takeTurn(group: Group, { most, pieces, sent }: TurnOf): number {
  let left = most;
  while (left > 0) {
    const channel = group.next();
    if (channel === undefined) break;
    left -= takeData(channel, left, pieces);
    sent.add(channel);
  }
  return most - left;
}

function takeData(channel: Channel, most: number, pieces: Uint8Array[]): number {
  const at = pieces.push(NOTHING) - 1;
  const length = channel.takeUnsent(Math.min(most, MAX_DATA_BYTES), pieces);
  const type: FrameType = length > 0 ? FRAME.data : FRAME.fin;
  pieces[at] = frameHeader(type, channel.id, length);
  return length;
}
