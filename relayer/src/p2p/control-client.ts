import { readEvents, readLogs, readStats } from "@fizz/protocol/control";
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
  type Revoked,
  revokeResponseSchema,
  statusResponseSchema,
} from "@fizz/protocol/messages";
import { type SignedRevocation } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import { type FeedRequest } from "../control-ports.ts";
import { asNodeError } from "../domain/node-errors.ts";
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
  const stream = await links.openStream(to.nodeId, protocols.status, signal);
  const question = { message: { auth: to.message }, answer: statusResponseSchema };
  return (await ask(stream, question, signal)).status;
}

export async function passRevocation(
  links: NodeLinks,
  to: To<SignedRevocation>,
  signal: AbortSignal,
): Promise<Revoked> {
  const stream = await links.openStream(to.nodeId, protocols.revoke, signal);
  const question = { message: { signed: to.message }, answer: revokeResponseSchema };
  const { receipt, ended } = await ask(stream, question, signal);
  return { receipt, ended };
}

export async function* followLogs(
  links: NodeLinks,
  to: To<FeedRequest<LogsQuery>>,
  signal: AbortSignal,
): AsyncGenerator<LogLine[]> {
  const stream = await links.openStream(to.nodeId, protocols.logs, signal);
  yield* asNodeSays(readLogs(stream, to.message, signal));
}

export async function* followEvents(
  links: NodeLinks,
  to: To<FeedRequest<EventsQuery>>,
  signal: AbortSignal,
): AsyncGenerator<LeaseEvent[]> {
  const stream = await links.openStream(to.nodeId, protocols.events, signal);
  yield* asNodeSays(readEvents(stream, to.message, signal));
}

export async function* followStats(
  links: NodeLinks,
  to: To<FeedRequest<StatsQuery>>,
  signal: AbortSignal,
): AsyncGenerator<StatsSnapshot[]> {
  const stream = await links.openStream(to.nodeId, protocols.stats, signal);
  yield* asNodeSays(readStats(stream, to.message, signal));
}

async function* asNodeSays<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    throw asNodeError(error);
  }
}
