import { once } from "node:events";
import { type ServerResponse } from "node:http";
import { HEARTBEAT_MS, SILENCE_LIMIT_MS } from "@fizz/protocol/messages";
import { type Delta, type DirectoryFeed } from "../directory-ports.ts";

/** Bytes that wait for a reader, above which it is dropped: it may come back with its cursor. */
const MAX_WAITING_BYTES = 1024 * 1024;

export interface DirectoryStreamsInit {
  readonly maxWaitingBytes?: number;
  /** Time for a reader to take a part of a snapshot, in milliseconds. */
  readonly stallMs?: number;
  readonly beatMs?: number;
}

export interface DirectoryReader {
  readonly response: ServerResponse;
  /** Where it stood. */
  readonly cursor: string | undefined;
  /** Ends with the reader's connection or the server. */
  readonly signal: AbortSignal;
}

/** Server-sent events of the directory. A change is made into bytes once, for all readers. */
export class DirectoryStreams {
  readonly #feed: DirectoryFeed;
  readonly #maxWaitingBytes: number;
  readonly #stallMs: number;
  readonly #beatMs: number;
  /** Those who know all up to the position of the feed. */
  readonly #readers = new Set<ServerResponse>();
  #stopListening: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(feed: DirectoryFeed, init: DirectoryStreamsInit = {}) {
    this.#feed = feed;
    this.#maxWaitingBytes = init.maxWaitingBytes ?? MAX_WAITING_BYTES;
    this.#stallMs = init.stallMs ?? SILENCE_LIMIT_MS;
    this.#beatMs = init.beatMs ?? HEARTBEAT_MS;
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const response of this.#readers) response.end();
    this.#readers.clear();
  }

  /** Brings a reader to where the feed is, as fast as it reads, and tells it what comes then. Its head is written. */
  async serve(reader: DirectoryReader): Promise<void> {
    const { response, cursor, signal } = reader;
    try {
      let position = cursor === undefined ? undefined : this.#feed.positionOf(cursor);
      for (;;) {
        const delta = position === undefined ? undefined : this.#feed.since(position);
        if (delta?.isEmpty === true) break;
        if (delta !== undefined) await this.#send(reader, this.#frameOf(delta));
        position = delta === undefined ? await this.#snapshot(reader) : delta.position;
      }
      this.#join(response, signal);
    } catch {
      // It went away, the server ends, or it does not read.
      response.destroy();
    }
  }

  /** @returns Where the reader stands then: what changed on the way comes after it. */
  async #snapshot(reader: DirectoryReader): Promise<number> {
    const { position } = this.#feed;
    for (let after: bigint | undefined; ;) {
      const { json, last } = this.#feed.snapshot(after);
      const id = last === undefined ? `id: ${this.#feed.cursorOf(position)}\n` : "";
      await this.#send(reader, `${id}event: snapshot\ndata: ${json}\n\n`);
      if (last === undefined) return position;
      after = last;
    }
  }

  async #send({ response, signal }: DirectoryReader, frame: string | Buffer): Promise<void> {
    signal.throwIfAborted();
    if (response.write(frame)) return;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#stallMs)]);
    await once(response, "drain", { signal: limit });
  }

  #join(response: ServerResponse, signal: AbortSignal): void {
    signal.throwIfAborted();
    this.#readers.add(response);
    signal.addEventListener("abort", () => {
      this.#readers.delete(response);
      response.end();
    });
    response.write(this.#beat());
    this.#stopListening ??= this.#feed.onDelta((delta) => {
      this.#tell(this.#frameOf(delta));
    });
    this.#timer ??= setInterval(() => {
      this.#tell(this.#beat());
    }, this.#beatMs);
  }

  #tell(frame: Buffer): void {
    for (const response of this.#readers) {
      if (response.writableLength <= this.#maxWaitingBytes) {
        response.write(frame);
        continue;
      }
      this.#readers.delete(response);
      response.destroy();
    }
  }

  #frameOf({ json, position }: Delta): Buffer {
    return Buffer.from(`id: ${this.#feed.cursorOf(position)}\nevent: delta\ndata: ${json}\n\n`);
  }

  #beat(): Buffer {
    return Buffer.from(`event: beat\ndata: {"now":${this.#feed.now()}}\n\n`);
  }
}
