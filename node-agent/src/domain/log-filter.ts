import { type LogsQuery } from "@fizz/protocol/messages";
import { sinceOf } from "./log-positions.ts";

const NANOS_PER_MS = 1_000_000n;

/** Where a line comes from; a step of the start may belong to no container. */
interface Origin {
  readonly service?: string | undefined;
  readonly replica?: number | undefined;
}

/** Whether lines of this container are asked for. What belongs to no container in particular belongs to all. */
export function isWantedOrigin({ service, replica }: Origin, query: LogsQuery): boolean {
  if (service === undefined) return true;
  return (
    (query.service === undefined || query.service === service) &&
    (query.replica === undefined || query.replica === (replica ?? 0))
  );
}

/** Whether a text has what is searched for, in whatever case; plain text, no pattern. */
export function isWantedText(text: string, { search }: Pick<LogsQuery, "search">): boolean {
  return search === undefined || text.toLowerCase().includes(search.toLowerCase());
}

/** Unix milliseconds → Unix seconds with nine digits behind the point, as the engine takes it. */
export function engineTime(ms: number): string {
  return sinceOf(BigInt(ms) * NANOS_PER_MS);
}
