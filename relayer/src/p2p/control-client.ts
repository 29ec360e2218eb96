import { fetchStatus, readEvents, readLogs, readStats } from "@fizz/protocol/control";
import {
  challengeResponseSchema,
  type ControlAuth,
  type DeploymentStatus,
  type EventsQuery,
  type LeaseEvent,
  type LogLine,
  type LogsQuery,
  protocols,
  type StatsQuery,
  type StatsSnapshot,
} from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type FeedRequest } from "../control-ports.ts";
import { type Challenge } from "../ports.ts";
import { ask } from "./ask.ts";
import { type NodeLinks } from "./node-links.ts";

interface To<Message> {
  readonly nodeId: bigint;
  readonly message: Message;
}

/** Control for callers of plain HTTP: passes on what they signed. The node decides. Throws as `NodeLinks.openStream`. */
export async function askChallenge(links: NodeLinks, to: To<Hex>, signal: AbortSignal): Promise<Challenge> {
  const stream = await links.openStream(to.nodeId, protocols.challenge, signal);
  const message = { leaseHash: to.message };
  const { nodeId, nonce, expiresAt } = await ask(
    stream,
    { message, answer: challengeResponseSchema },
    signal,
  );
  return { nodeId, nonce, expiresAt };
}

export async function askStatus(
  links: NodeLinks,
  to: To<ControlAuth>,
  signal: AbortSignal,
): Promise<DeploymentStatus> {
  return await fetchStatus(await links.openStream(to.nodeId, protocols.status, signal), to.message, signal);
}

export async function* followLogs(
  links: NodeLinks,
  to: To<FeedRequest<LogsQuery>>,
  signal: AbortSignal,
): AsyncGenerator<LogLine[]> {
  yield* readLogs(await links.openStream(to.nodeId, protocols.logs, signal), to.message, signal);
}

export async function* followEvents(
  links: NodeLinks,
  to: To<FeedRequest<EventsQuery>>,
  signal: AbortSignal,
): AsyncGenerator<LeaseEvent[]> {
  yield* readEvents(await links.openStream(to.nodeId, protocols.events, signal), to.message, signal);
}

export async function* followStats(
  links: NodeLinks,
  to: To<FeedRequest<StatsQuery>>,
  signal: AbortSignal,
): AsyncGenerator<StatsSnapshot[]> {
  yield* readStats(await links.openStream(to.nodeId, protocols.stats, signal), to.message, signal);
}
