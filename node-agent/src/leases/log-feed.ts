import {
  type LogCursor,
  type LogLine,
  type LogsQuery,
  MAX_FEED_BATCH,
  MAX_LOG_TEXT,
  writeLogCursor,
} from "@fizz/protocol/messages";
import { engineTime, isWantedOrigin, isWantedText } from "../domain/log-filter.ts";
import { LineCounter, LogPositions, nanosOf, sinceOf } from "../domain/log-positions.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { type Clock, type Engine, type OutputLine, type OutputQuery } from "../ports.ts";
import { LineChannel } from "./line-channel.ts";

/** Interval at which followers look for new and restarted containers, in milliseconds. */
const DISCOVER_EVERY_MS = 1_000;

export interface LogFeedComponents {
  readonly engine: Engine;
  readonly clock: Clock;
  /** Containers of the lease, as they are now. */
  readonly containers: () => readonly ObservedContainer[];
}

/** A line, and where it stands. */
interface Piece {
  readonly container: ObservedContainer;
  readonly line: OutputLine;
  readonly cursor: LogCursor;
}

/**
 * Output of all containers of one lease: what is there in order of time, then, following, what comes. Each line says where
 * it stands, and a query that says where its reader was goes on there.
 */
export async function* logFeed(
  components: LogFeedComponents,
  query: LogsQuery,
  signal: AbortSignal,
): AsyncGenerator<LogLine[], void, void> {
  const positions = new LogPositions(query.after);
  const isSilent = query.tail === 0 && !positions.isResumed;
  if (isSilent && !query.follow) return;
  const marks = new Map<string, LogLine>();
  let batch: LogLine[] = [];
  for await (const piece of history(components, { query, positions }, signal)) {
    const lines = newLines(piece, positions);
    if (isSilent) for (const line of lines) marks.set(piece.cursor.source, { ...line, text: "", mark: true });
    else batch.push(...wantedOf(lines, piece, query));
    if (batch.length < MAX_FEED_BATCH) continue;
    yield batch;
    batch = [];
  }
  batch.push(...marks.values());
  if (batch.length > 0) yield batch;
  if (query.follow) yield* follow(components, { query, positions }, signal);
}

interface Reading {
  readonly query: LogsQuery;
  readonly positions: LogPositions;
}

/** Merges the logs of all containers by time, holding one line of each. */
async function* history(
  components: LogFeedComponents,
  reading: Reading,
  signal: AbortSignal,
): AsyncGenerator<Piece, void, void> {
  const sources = wanted(components, reading.query).map((container) =>
    piecesOf(components, { ...reading, container, follow: false }, signal),
  );
  const heads = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })));
  for (;;) {
    let first: { at: number; piece: Piece } | undefined;
    for (const [at, { next }] of heads.entries()) {
      if (next.done === true) continue;
      if (first === undefined || next.value.cursor.time < first.piece.cursor.time)
        first = { at, piece: next.value };
    }
    const head = first === undefined ? undefined : heads[first.at];
    if (first === undefined || head === undefined || signal.aborted) return;
    yield first.piece;
    head.next = await head.source.next();
  }
}

async function* piecesOf(
  { engine }: LogFeedComponents,
  { container, follow: isFollowing, ...reading }: Reading & { container: ObservedContainer; follow: boolean },
  signal: AbortSignal,
): AsyncGenerator<Piece, void, void> {
  const counter = new LineCounter(container.id);
  const start = await startOf(engine, { ...reading, container }, signal);
  let surplus = await surplusOf(engine, { ...reading, container, start }, signal);
  for await (const line of engine.output(container.id, { follow: isFollowing, ...start }, signal)) {
    const cursor = counter.next(line.stream, nanosOf(line.timestamp));
    if (surplus > 0 && isWantedText(line.text, reading.query)) surplus -= 1;
    else yield { container, line, cursor };
  }
}

/**
 * Lines of a search that `tail` leaves out. It counts those that match: they are counted first, so that no more than one
 * line is held however many are asked for.
 */
async function surplusOf(
  engine: Engine,
  { query, positions, container, start }: Reading & { container: ObservedContainer; start: Start },
  signal: AbortSignal,
): Promise<number> {
  const { search, tail } = query;
  if (search === undefined || tail === null || tail === 0 || positions.isResumed) return 0;
  let matching = 0;
  for await (const { text } of engine.output(container.id, { follow: false, ...start }, signal))
    if (isWantedText(text, query)) matching += 1;
  return Math.max(0, matching - tail);
}

type Start = Omit<OutputQuery, "follow">;

/** From where a container is read: always from the first line of some time, so that lines of one time are counted alike. */
async function startOf(
  engine: Engine,
  { query, positions, container }: Reading & { container: ObservedContainer },
  signal: AbortSignal,
): Promise<Start> {
  const since = positions.since(container.id);
  if (since !== undefined) return { tail: null, since: sinceOf(since) };
  const { tail, search } = query;
  const newer = query.since === undefined ? {} : { since: engineTime(query.since) };
  // One that came while its reader was away is new to it from its first line on. A search looks at everything.
  if (positions.isResumed || tail === null || search !== undefined) return { tail: null, ...newer };
  const ending = { follow: false, tail: Math.max(1, tail), ...newer };
  for await (const { timestamp } of engine.output(container.id, ending, signal))
    return { tail: null, since: sinceOf(nanosOf(timestamp)) };
  return { tail: null, ...newer };
}

async function* follow(
  components: LogFeedComponents,
  reading: Reading,
  signal: AbortSignal,
): AsyncGenerator<LogLine[], void, void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const channel = new LineChannel(both);
  // Nothing is history any more: a container that is silent so far is read from its first line on.
  const onward = { ...reading, query: { ...reading.query, tail: null } };
  const discovering = discover(components, { ...onward, channel }, both);
  try {
    yield* channel.batches();
  } finally {
    stop.abort();
    await discovering;
  }
}

/** Keeps one reader per running container: containers come, go, and start again. */
async function discover(
  components: LogFeedComponents,
  { channel, ...reading }: Reading & { channel: LineChannel },
  signal: AbortSignal,
): Promise<void> {
  const readers = new Map<string, Promise<void>>();
  /** Start of the run that was read last: a short run may be over before anybody looks. */
  const runs = new Map<string, number | null>();
  const read = async (container: ObservedContainer): Promise<void> => {
    for await (const piece of piecesOf(components, { ...reading, container, follow: true }, signal))
      for (const line of wantedOf(newLines(piece, reading.positions), piece, reading.query))
        await channel.push(line);
  };
  while (!signal.aborted) {
    for (const container of wanted(components, reading.query)) {
      const { id, state, startedAt } = container;
      if (readers.has(id) || (state !== "running" && runs.get(id) === startedAt)) continue;
      runs.set(id, startedAt);
      const reader = read(container).catch((error: unknown) => {
        channel.fail(error);
      });
      readers.set(id, reader);
      void reader.finally(() => readers.delete(id));
    }
    await components.clock.sleep(DISCOVER_EVERY_MS, signal);
  }
  await Promise.all(readers.values());
}

function wanted({ containers }: LogFeedComponents, query: LogsQuery): ObservedContainer[] {
  return containers().filter((container) => isWantedOrigin(container, query));
}

/** A search looks at whole lines. */
function wantedOf(lines: readonly LogLine[], { line }: Piece, query: LogsQuery): readonly LogLine[] {
  return isWantedText(line.text, query) ? lines : [];
}

/** The pieces of a line that were not given yet; now they are. */
function newLines({ container, line, cursor }: Piece, positions: LogPositions): LogLine[] {
  const at = Date.parse(line.timestamp);
  const { service, replica } = container;
  const { stream, text } = line;
  const lines: LogLine[] = [];
  for (let piece = 0; piece === 0 || piece * MAX_LOG_TEXT < text.length; piece += 1) {
    const place = { ...cursor, piece };
    if (!positions.isNew(place)) continue;
    positions.note(place);
    const from = piece * MAX_LOG_TEXT;
    lines.push({
      ...{ service, replica, stream, at: Number.isFinite(at) ? at : 0 },
      ...{ text: text.slice(from, from + MAX_LOG_TEXT), cursor: writeLogCursor(place) },
    });
  }
  return lines;
}
