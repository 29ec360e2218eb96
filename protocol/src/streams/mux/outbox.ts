import { Batch } from "./batch.ts";
import { type Channel } from "./channel.ts";
import { type ControlFrame, FRAME, HEADER_BYTES } from "./frames.ts";
import { Group } from "./group.ts";
import { HURRY_CHANNELS, MAX_BATCH_BYTES, MAX_CONTROL_BYTES, MAX_DATA_BYTES } from "./limits.ts";
import { Rotation } from "./rotation.ts";

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

/**
 * What waits to be sent on a link: frames that are not data first, then data by turns of groups, and within a group of
 * channels. The frames of one turn of the event loop leave together, unless many channels have something in it: then the
 * other side gets to work on the first ones while the last are still read. At most a batch is handed to a link that is
 * busy, so that what is small and comes later is not stuck behind what is big.
 */
export class Outbox {
  readonly #init: OutboxInit;
  readonly #groups = new Map<string, Group<Channel>>();
  readonly #rotation = new Rotation<Group<Channel>>();
  #control: ControlFrame[] = [];
  #controlBytes = 0;
  #isScheduled = false;
  /** Channels that got something to send since the last sending. */
  #fresh = 0;
  #isEnded = false;

  constructor(init: OutboxInit) {
    this.#init = init;
  }

  /** A channel more in a group. Channels of one group share its turns. */
  enter(name: string): Group<Channel> {
    const group = this.#groups.get(name) ?? new Group<Channel>(name);
    group.channels += 1;
    this.#groups.set(name, group);
    return group;
  }

  /** A channel of a group is over. */
  leave(group: Group<Channel>): void {
    group.channels -= 1;
    if (group.channels === 0) this.#groups.delete(group.name);
  }

  /** A channel has something to send. */
  ready(channel: Channel): void {
    const { group, hasLittle } = channel;
    if (!channel.isListed) this.#fresh += 1;
    group.rotation.add(channel, hasLittle);
    this.#rotation.add(group, hasLittle);
    this.#schedule();
    if (this.#fresh === HURRY_CHANNELS) queueMicrotask(this.#hurry);
  }

  /** @returns False when too many of such frames wait: the other side does not read. */
  control(frame: ControlFrame): boolean {
    if (this.#isEnded) return true;
    this.#control.push(frame);
    this.#controlBytes += HEADER_BYTES + frame.body.length;
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

  /** What is sent at the end of the turn finds less to do, or nothing. */
  readonly #hurry = (): void => {
    this.#flush();
  };

  #flush(): void {
    this.#fresh = 0;
    const sent: Channel[] = [];
    while (!this.#isEnded && this.#init.isOpen()) {
      const batch = this.#collect(sent);
      if (batch.length === 0 || !this.#init.write(batch.close()) || this.#isIdle) break;
    }
    for (const channel of sent) {
      channel.isSending = false;
      this.#init.onSent(channel);
    }
  }

  #collect(sent: Channel[]): Batch {
    const batch = new Batch();
    for (const { type, id, body } of this.#control) {
      batch.header(type, id, body.length);
      batch.push(body);
    }
    let left = MAX_BATCH_BYTES - this.#controlBytes;
    if (this.#controlBytes > 0) this.#control = [];
    this.#controlBytes = 0;
    while (left > 0) {
      const group = this.#rotation.next();
      if (group === undefined) break;
      left -= takeTurn(group, { most: Math.min(left, TURN_BYTES), batch, sent });
    }
    return batch;
  }
}

interface TurnOf {
  readonly most: number;
  readonly batch: Batch;
  readonly sent: Channel[];
}

/** @returns Bytes of data that were added to the batch. */
function takeTurn(group: Group<Channel>, { most, batch, sent }: TurnOf): number {
  let left = most;
  while (left > 0) {
    const channel = group.next();
    if (channel === undefined) break;
    left -= takeData(channel, left, batch);
    if (channel.isSending) continue;
    channel.isSending = true;
    sent.push(channel);
  }
  return most - left;
}

function takeData(channel: Channel, most: number, batch: Batch): number {
  const length = channel.sendable(Math.min(most, MAX_DATA_BYTES));
  batch.header(length > 0 ? FRAME.data : FRAME.fin, channel.id, length);
  channel.takeUnsent(length, batch);
  return length;
}
