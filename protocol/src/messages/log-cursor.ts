import { z } from "zod";

/** Most cursors of one query: two for each container of a lease, and those that it replaced. */
export const MAX_LOG_CURSORS = 1_024;
const PATTERN = /^([\w-]{1,64}\/(?:stdout|stderr|startup))@(\d{1,20})\.(\d{1,9})\.(\d{1,9})$/;

/**
 * Where a reader is in what one container wrote to one of its outputs: `source@time.index.piece`. Opaque to readers but for
 * what stands before `@`: of each source the newest cursor counts.
 */
export const logCursorSchema = z.string().max(120).regex(PATTERN, "not a cursor of a log line");

export interface LogCursor {
  /** Container and output. */
  readonly source: string;
  /** Nanoseconds since 1970, as the engine has it; of a step of the start, its event's cursor. */
  readonly time: bigint;
  /** Of the lines of that source with the very same time. */
  readonly index: number;
  /** Of the pieces of a long line. */
  readonly piece: number;
}

export function writeLogCursor({ source, time, index, piece }: LogCursor): string {
  return `${source}@${time}.${index}.${piece}`;
}

/** Undefined for what is no cursor. */
export function readLogCursor(text: string): LogCursor | undefined {
  const [, source, time, index, piece] = PATTERN.exec(text) ?? [];
  if (source === undefined || time === undefined) return undefined;
  return { source, time: BigInt(time), index: Number(index), piece: Number(piece) };
}
