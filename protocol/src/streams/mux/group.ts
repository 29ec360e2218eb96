import { Rotation, type Turn } from "./rotation.ts";

/** The channels of one lease, which share its turns. */
export class Group<Channel extends Turn> implements Turn {
  readonly name: string;
  readonly rotation = new Rotation<Channel>();
  isListed = false;
  /** How many there are. */
  channels = 0;
  #next: Channel | undefined;

  constructor(name: string) {
    this.name = name;
  }

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
