import { type LogLine, type LogsQuery, MAX_FEED_BATCH, MAX_LOG_TEXT } from "@fizz/protocol/messages";
import { engineTime, isWantedOrigin, isWantedText } from "../domain/log-filter.ts";
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

interface Piece {
  readonly container: ObservedContainer;
  readonly line: OutputLine;
}

/** Output of all containers of one lease: what is there in order of time, then, following, what comes. */
export async function* logFeed(
  components: LogFeedComponents,
  query: LogsQuery,
  signal: AbortSignal,
): AsyncGenerator<LogLine[], void, void> {
  const last = new Map<string, string>();
  let batch: LogLine[] = [];
  for await (const { container, line } of history(components, query, signal)) {
    last.set(container.id, line.timestamp);
    if (!isWantedText(line.text, query)) continue;
    batch.push(...linesOf(container, line));
    if (batch.length < MAX_FEED_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
  if (query.follow) yield* follow(components, { query, last }, signal);
}

/** Merges the logs of all containers by time, holding one line of each. */
async function* history(
  { engine, containers }: LogFeedComponents,
  query: LogsQuery,
  signal: AbortSignal,
): AsyncGenerator<Piece, void, void> {
  const present = containers().filter((container) => isWantedOrigin(container, query));
  const sources = present.map((container) => ({
    container,
    lines: historyOf(engine, { id: container.id, query }, signal)[Symbol.asyncIterator](),
  }));
  const heads = await Promise.all(
    sources.map(async (source) => ({ source, next: await source.lines.next() })),
  );
  for (;;) {
    let first: { at: number; line: OutputLine } | undefined;
    for (const [at, { next }] of heads.entries()) {
      if (next.done === true) continue;
      if (first === undefined || next.value.timestamp < first.line.timestamp)
        first = { at, line: next.value };
    }
    const head = first === undefined ? undefined : heads[first.at];
    if (first === undefined || head === undefined || signal.aborted) return;
    yield { container: head.source.container, line: first.line };
    head.next = await head.source.lines.next();
  }
}

/**
 * What one container wrote. Of a search, `tail` counts the lines that match: they are counted first, so that no more
 * than one line is held however many are asked for.
 */
async function* historyOf(
  engine: Engine,
  { id, query }: { readonly id: string; readonly query: LogsQuery },
  signal: AbortSignal,
): AsyncGenerator<OutputLine, void, void> {
  const { search, tail } = query;
  const asked = { follow: false, ...startOf(query) };
  let tooMany = 0;
  if (search !== undefined && tail !== null) {
    for await (const { text } of engine.output(id, asked, signal))
      if (isWantedText(text, query)) tooMany += 1;
    tooMany = Math.max(0, tooMany - tail);
  }
  for await (const line of engine.output(id, asked, signal))
    if (tooMany === 0 || !isWantedText(line.text, query)) yield line;
    else tooMany -= 1;
}

/** Where the engine begins. A search looks at everything. */
function startOf({ search, tail, since }: LogsQuery): Pick<OutputQuery, "tail" | "since"> {
  const from = since === undefined ? {} : { since: engineTime(since) };
  return { tail: search === undefined ? tail : null, ...from };
}

interface Following {
  readonly query: LogsQuery;
  /** Time of the last line of each container that was sent. */
  readonly last: Map<string, string>;
}

async function* follow(
  components: LogFeedComponents,
  following: Following,
  signal: AbortSignal,
): AsyncGenerator<LogLine[], void, void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const channel = new LineChannel(both);
  const discovering = discover(components, { ...following, channel }, both);
  try {
    yield* channel.batches();
  } finally {
    stop.abort();
    await discovering;
  }
}

/** Keeps one reader per running container: containers come, go, and start again. */
async function discover(
  { engine, clock, containers }: LogFeedComponents,
  { query, last, channel }: Following & { channel: LineChannel },
  signal: AbortSignal,
): Promise<void> {
  const readers = new Map<string, Promise<void>>();
  /** Start of the run that was read last: a short run may be over before anybody looks. */
  const runs = new Map<string, number | null>();
  const read = async (container: ObservedContainer): Promise<void> => {
    const { id } = container;
    const from = last.get(id);
    const start = from === undefined ? startOf(query) : { tail: null, since: sinceOf(from) };
    for await (const line of engine.output(id, { follow: true, ...start }, signal)) {
      if (line.timestamp <= (last.get(id) ?? "")) continue;
      last.set(id, line.timestamp);
      if (!isWantedText(line.text, query)) continue;
      for (const piece of linesOf(container, line)) await channel.push(piece);
    }
  };
  while (!signal.aborted) {
    for (const container of containers()) {
      if (!isWantedOrigin(container, query)) continue;
      const { id, state, startedAt } = container;
      if (readers.has(id) || (state !== "running" && runs.get(id) === startedAt)) continue;
      runs.set(id, startedAt);
      const reader = read(container).catch((error: unknown) => {
        channel.fail(error);
      });
      readers.set(id, reader);
      void reader.finally(() => readers.delete(id));
    }
    await clock.sleep(DISCOVER_EVERY_MS, signal);
  }
  await Promise.all(readers.values());
}

function linesOf(
  { service, replica }: ObservedContainer,
  { stream, timestamp, text }: OutputLine,
): LogLine[] {
  const at = Date.parse(timestamp);
  const lines: LogLine[] = [];
  for (let from = 0; from === 0 || from < text.length; from += MAX_LOG_TEXT)
    lines.push({
      service,
      replica,
      stream,
      at: Number.isFinite(at) ? at : 0,
      text: text.slice(from, from + MAX_LOG_TEXT),
    });
  return lines;
}

/** RFC 3339 → Unix seconds with all nine digits, as the engine takes it. */
function sinceOf(timestamp: string): string {
  const seconds = Math.floor(Date.parse(timestamp) / 1_000);
  const nanos = /\.(\d{1,9})/.exec(timestamp)?.[1] ?? "";
  return `${seconds}.${nanos.padEnd(9, "0")}`;
}
