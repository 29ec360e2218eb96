import { type NodesFilter, toWire } from "@fizz/protocol/messages";
import { type DirectoryFeeds } from "../directory-ports.ts";
import { DirectoryStreams, type DirectoryStreamsInit } from "./directory-streams.ts";

interface Followed {
  readonly streams: DirectoryStreams;
  readers: number;
}

/** The streams of the directory, one for each filter that is followed: who asks for the same shares its bytes. */
export class FilteredStreams {
  readonly #feed: DirectoryFeeds;
  readonly #init: DirectoryStreamsInit;
  readonly #followed = new Map<string, Followed>();

  constructor(feed: DirectoryFeeds, init: DirectoryStreamsInit) {
    this.#feed = feed;
    this.#init = init;
  }

  /** @param signal Ends with the reader; its filter is forgotten with its last one. */
  of(filter: NodesFilter, signal: AbortSignal): DirectoryStreams {
    const key = keyOf(filter);
    const followed = this.#followed.get(key) ?? this.#follow(filter, key);
    followed.readers += 1;
    const leave = (): void => {
      followed.readers -= 1;
      if (followed.readers > 0) return;
      followed.streams.stop();
      this.#followed.delete(key);
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    return followed.streams;
  }

  stop(): void {
    for (const { streams } of this.#followed.values()) streams.stop();
  }

  #follow(filter: NodesFilter, key: string): Followed {
    const feed = key === keyOf({}) ? this.#feed : this.#feed.filtered(filter);
    const followed = { streams: new DirectoryStreams(feed, this.#init), readers: 0 };
    this.#followed.set(key, followed);
    return followed;
  }
}

/** The same for the same wishes, in whatever order they were written. */
function keyOf(filter: NodesFilter): string {
  const wishes = Object.entries(filter).filter(([, wish]) => wish !== undefined);
  return toWire(wishes.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
