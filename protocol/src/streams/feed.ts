import { type z } from "zod";
import { errorFromWire, errorToWire, ProtocolError } from "../errors/index.ts";
import { FEED_WINDOW_FRAMES, feedAckSchema, feedFrameSchema, MAX_FEED_BATCH } from "../messages/feed.ts";
import { HEARTBEAT_MS, SILENCE_LIMIT_MS } from "../messages/protocols.ts";
import { type FramedStream } from "./framed-stream.ts";

const ACK_EVERY_FRAMES = FEED_WINDOW_FRAMES / 4;

/**
 * Sends items as frames, never more than FEED_WINDOW_FRAMES ahead of the reader, with a heartbeat while idle.
 * Returns after the source ends; an error of the source is sent as the last frame.
 *
 * @param source Batches of items, each at most MAX_FEED_BATCH long.
 * @param signal Ends the feed; `source` must watch the same signal.
 */
export async function sendFeed(
  framed: FramedStream,
  source: AsyncIterable<readonly unknown[]>,
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
    for await (const items of source) {
      for (let at = 0; at < items.length; at += MAX_FEED_BATCH) {
        seq += 1;
        await credit.until(seq - FEED_WINDOW_FRAMES, both);
        await framed.write({ type: "items", seq, items: items.slice(at, at + MAX_FEED_BATCH) }, both);
      }
    }
    await framed.write({ type: "end" }, both);
  } catch (error) {
    const timeout = AbortSignal.timeout(HEARTBEAT_MS);
    await framed.write({ type: "error", error: errorToWire(error) }, timeout).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(heartbeat);
    stop.abort();
    await acks;
    await framed.close();
  }
}

/**
 * Reads a feed to its end, acknowledging as it goes.
 *
 * @throws ProtocolError what the server sent; STREAM_CLOSED when it ended without saying so; TIMEOUT on silence.
 */
export async function* readFeed<Item extends z.ZodType>(
  framed: FramedStream,
  item: Item,
  signal: AbortSignal,
): AsyncGenerator<z.output<Item>[], void, void> {
  const schema = feedFrameSchema(item);
  for (;;) {
    const timeout = AbortSignal.timeout(SILENCE_LIMIT_MS);
    const frame = await framed.require(schema, AbortSignal.any([signal, timeout]));
    switch (frame.type) {
      case "heartbeat":
        break;
      case "end":
        return;
      case "error":
        throw errorFromWire(frame.error);
      case "items":
        yield frame.items;
        if (frame.seq % ACK_EVERY_FRAMES === 0) await framed.write({ type: "ack", seq: frame.seq }, signal);
        break;
    }
  }
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
