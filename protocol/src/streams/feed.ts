import { type z } from "zod";
import { errorFromWire, errorToWire, ProtocolError } from "../errors/index.ts";
import { FEED_WINDOW_FRAMES, feedAckSchema, feedFrameSchema, MAX_FEED_BATCH } from "../messages/feed.ts";
import { HEARTBEAT_MS, SILENCE_LIMIT_MS } from "../messages/protocols.ts";
import { type FramedStream } from "./framed-stream.ts";

/** A reader acknowledges so many times within a window. */
const ACKS_PER_WINDOW = 4;

/** What a feed sends, and how far ahead of its reader. */
export interface FeedSource {
  /** Batches of items. A batch is asked for when it can be sent: so the newest can be given to a slow reader. */
  readonly batches: AsyncIterable<readonly unknown[]>;
  /** Frames ahead of the acknowledgements, FEED_WINDOW_FRAMES when it is not said. Both sides must know it. */
  readonly window?: number;
}

/**
 * Sends items as frames, never more than the window ahead of the reader, with a heartbeat while idle.
 * Returns after the source ends; an error of the source is sent as the last frame.
 *
 * @param signal Ends the feed; the source must watch the same signal. A ProtocolError as its reason is told to the reader.
 */
export async function sendFeed(
  framed: FramedStream,
  { batches, window = FEED_WINDOW_FRAMES }: FeedSource,
  signal: AbortSignal,
): Promise<void> {
  const credit = new Credit();
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const acks = readAcks(framed, credit, both);
  const heartbeat = setInterval(() => {
    framed
      .write({ type: "heartbeat" }, AbortSignal.any([both, AbortSignal.timeout(SILENCE_LIMIT_MS)]))
      .catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    let seq = 0;
    const mayGo = async (): Promise<void> => {
      await credit.until(seq + 1 - window, both);
    };
    for await (const items of whenAsked(batches, mayGo)) {
      for (let at = 0; at < items.length; at += MAX_FEED_BATCH) {
        await mayGo();
        seq += 1;
        await framed.write({ type: "items", seq, items: items.slice(at, at + MAX_FEED_BATCH) }, both);
      }
    }
    signal.throwIfAborted();
    await framed.write({ type: "end" }, both);
  } catch (error) {
    const why: unknown = signal.reason instanceof ProtocolError ? signal.reason : error;
    const timeout = AbortSignal.timeout(HEARTBEAT_MS);
    await framed.write({ type: "error", error: errorToWire(why) }, timeout).catch(() => undefined);
    throw why;
  } finally {
    clearInterval(heartbeat);
    stop.abort();
    await acks;
    await framed.close();
  }
}

/** Asks the source for nothing before `mayGo` has resolved. */
async function* whenAsked<Item>(
  source: AsyncIterable<Item>,
  mayGo: () => Promise<void>,
): AsyncGenerator<Item, void, void> {
  await mayGo();
  for await (const item of source) {
    yield item;
    await mayGo();
  }
}

/** What a reader knows of a feed: its items, and the window that the sender has. */
export interface FeedShape<Item extends z.ZodType> {
  readonly item: Item;
  readonly window?: number;
}

/**
 * Reads a feed to its end, acknowledging as it goes.
 *
 * @throws ProtocolError what the server sent; STREAM_CLOSED when it ended without saying so; TIMEOUT on silence.
 */
export async function* readFeed<Item extends z.ZodType>(
  framed: FramedStream,
  { item, window = FEED_WINDOW_FRAMES }: FeedShape<Item>,
  signal: AbortSignal,
): AsyncGenerator<z.output<Item>[], void, void> {
  const schema = feedFrameSchema(item);
  const ackEvery = Math.max(1, Math.floor(window / ACKS_PER_WINDOW));
  for (;;) {
    const timeout = AbortSignal.timeout(SILENCE_LIMIT_MS);
    const frame = await framed.require(schema, AbortSignal.any([signal, timeout])).catch((error: unknown) => {
      throw ofUnreadable(error);
    });
    switch (frame.type) {
      case "heartbeat":
        break;
      case "end":
        return;
      case "error":
        throw errorFromWire(frame.error);
      case "items":
        yield frame.items;
        if (frame.seq % ackEvery === 0) await framed.write({ type: "ack", seq: frame.seq }, signal);
        break;
    }
  }
}

/** The reader did nothing wrong when the other side cannot be read. */
function ofUnreadable(error: unknown): unknown {
  const isUnreadable =
    error instanceof ProtocolError && (error.code === "INPUT_INVALID" || error.code === "INPUT_TOO_LARGE");
  return isUnreadable
    ? new ProtocolError("PEER_REFUSED", "The other side sent what cannot be read.", { cause: error })
    : error;
}

class Credit {
  #acked = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** Waits until frame `seq` is acknowledged. */
  async until(seq: number, signal: AbortSignal): Promise<void> {
    while (this.#acked < seq) {
      if (this.#failure !== undefined) throw this.#failure;
      if (signal.aborted) throw new ProtocolError("STREAM_CLOSED", "The feed was stopped.");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener(
          "abort",
          () => {
            resolve();
          },
          { once: true },
        );
      });
    }
  }

  ack(seq: number): void {
    this.#acked = Math.max(this.#acked, seq);
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#wake?.();
  }
}

/** Runs until the reader goes away; that ends the feed at its next write or wait. */
async function readAcks(framed: FramedStream, credit: Credit, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      const ack = await framed.require(feedAckSchema, signal);
      credit.ack(ack.seq);
    }
  } catch (error) {
    credit.fail(error instanceof Error ? error : new ProtocolError("STREAM_CLOSED", "The reader is gone."));
  }
}
