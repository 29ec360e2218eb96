import {
  type ControlAuth,
  type EventsQuery,
  type LeaseEvent,
  type LogLine,
  type LogsQuery,
  type StatsQuery,
  type StatsSnapshot,
} from "@fizz/protocol/messages";

/** What a feed is asked with. */
export interface FeedRequest<Query> {
  readonly auth: ControlAuth;
  readonly query: Query;
}

/** Feeds of a deployment, by the number of its lease or of its node. */
export interface DeploymentFeeds {
  logs(of: bigint, request: FeedRequest<LogsQuery>, signal: AbortSignal): AsyncGenerator<LogLine[]>;
  events(of: bigint, request: FeedRequest<EventsQuery>, signal: AbortSignal): AsyncGenerator<LeaseEvent[]>;
  stats(of: bigint, request: FeedRequest<StatsQuery>, signal: AbortSignal): AsyncGenerator<StatsSnapshot[]>;
}
