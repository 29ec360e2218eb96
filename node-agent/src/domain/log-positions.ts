import { type LogCursor, type LogLine, readLogCursor } from "@fizz/protocol/messages";

/** Characters of a container's id in a cursor, as the engine's own short form. */
const ID_LENGTH = 12;

export type OutputStream = LogLine["stream"];

/** RFC 3339 with up to nine digits of a second → nanoseconds since 1970; 0 for what is no time. */
export function nanosOf(timestamp: string): bigint {
  const milliseconds = Date.parse(timestamp);
  if (!Number.isFinite(milliseconds)) return 0n;
  const digits = /\.(\d{1,9})/.exec(timestamp)?.[1] ?? "";
  return BigInt(Math.floor(milliseconds / 1_000)) * 1_000_000_000n + BigInt(digits.padEnd(9, "0"));
}

/** Nanoseconds → Unix seconds with all nine digits, as the engine takes it. */
export function sinceOf(nanos: bigint): string {
  return `${nanos / 1_000_000_000n}.${(nanos % 1_000_000_000n).toString().padStart(9, "0")}`;
}

function sourceOf(id: string, stream: OutputStream): string {
  return `${id.slice(0, ID_LENGTH)}/${stream}`;
}

/** What a reader of one lease's logs was given, by container and output: an engine stamps each of the two in order, not both together. */
export class LogPositions {
  readonly #newest = new Map<string, LogCursor>();
  /** Whether it reads on after a loss. */
  readonly isResumed: boolean;

  constructor(after: readonly string[] = []) {
    for (const text of after) {
      const cursor = readLogCursor(text);
      if (cursor !== undefined) this.note(cursor);
    }
    this.isResumed = this.#newest.size > 0;
  }

  note(cursor: LogCursor): void {
    this.#newest.set(cursor.source, cursor);
  }

  /** The time of a container's output from which on something may be new; undefined when nothing of it was given. */
  since(id: string): bigint | undefined {
    const times = (["stdout", "stderr", "startup"] as const)
      .map((stream) => this.#newest.get(sourceOf(id, stream))?.time)
      .filter((time) => time !== undefined);
    return times.length === 0 ? undefined : times.reduce((least, time) => (time < least ? time : least));
  }

  /** Whether it comes after what was given. */
  isNew({ source, time, index, piece }: LogCursor): boolean {
    const known = this.#newest.get(source);
    if (known === undefined || time !== known.time) return known === undefined || time > known.time;
    return index === known.index ? piece > known.piece : index > known.index;
  }
}

/** One reading of a container's output, from the first line with some time on: then lines with the very same time are counted alike. */
export class LineCounter {
  readonly #id: string;
  readonly #last = new Map<OutputStream, { time: bigint; index: number }>();

  constructor(id: string) {
    this.#id = id;
  }

  next(stream: OutputStream, time: bigint): LogCursor {
    const last = this.#last.get(stream);
    // A clock that was set back makes no line an old one.
    const place =
      last === undefined || time > last.time ? { time, index: 0 } : { ...last, index: last.index + 1 };
    this.#last.set(stream, place);
    return { source: sourceOf(this.#id, stream), ...place, piece: 0 };
  }
}
