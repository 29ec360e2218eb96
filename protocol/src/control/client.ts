import { type Stream } from "@libp2p/interface";
import { type z } from "zod";
import { errorFromWire } from "../errors/index.ts";
import {
  type ConnectRequest,
  type ControlAuth,
  type CopyRequest,
  type DeploymentStatus,
  type EventsQuery,
  type ExecRequest,
  type LeaseEvent,
  leaseEventSchema,
  type LogLine,
  logLineSchema,
  type LogsQuery,
  type ManifestDelivery,
  manifestResponseSchema,
  STATS_WINDOW_FRAMES,
  type StatsQuery,
  type StatsSnapshot,
  statsSnapshotSchema,
  statusResponseSchema,
  type TunnelOpen,
  tunnelReadySchema,
} from "../messages/index.ts";
import { type SignedReceipt } from "../typed-data/receipt.ts";
import { type FeedShape, FramedStream, readFeed } from "../streams/index.ts";
import { askNode } from "./ask-node.ts";
import { CopyTalk } from "./copy-stream.ts";
import { ExecClient } from "./exec-stream.ts";

/**
 * Asks a node for the state of a deployment.
 *
 * @param stream Fresh stream of protocol `/fizz/status/1.0.0`.
 * @throws ProtocolError what the node answered; STREAM_CLOSED, TIMEOUT
 */
export async function fetchStatus(
  stream: Stream,
  auth: ControlAuth,
  signal: AbortSignal,
): Promise<DeploymentStatus> {
  return (await askNode(stream, { message: { auth }, answer: statusResponseSchema }, signal)).status;
}

/**
 * Hands a sealed manifest to its node.
 *
 * @param stream Fresh stream of protocol `/fizz/manifest/1.0.0`. The delivery is judged by itself, whoever brings it.
 * @returns The receipt, which the caller checks.
 * @throws ProtocolError what the node answered; STREAM_CLOSED, TIMEOUT
 */
export async function handManifest(
  stream: Stream,
  delivery: ManifestDelivery,
  signal: AbortSignal,
): Promise<SignedReceipt> {
  return (await askNode(stream, { message: delivery, answer: manifestResponseSchema }, signal)).signed;
}

/**
 * Asks for a way into a container.
 *
 * @param stream Fresh stream of protocol `/fizz/connect/1.0.0`, on a connection whose identity is the session key: then
 *   nobody between the two ends can read it. Or of `/fizz/datagrams/1.0.0`.
 * @returns The same stream, for raw bytes or datagrams.
 * @throws ProtocolError what the node answered; STREAM_CLOSED, TIMEOUT
 */
export async function openRaw(
  stream: Stream,
  request: ConnectRequest | TunnelOpen,
  signal: AbortSignal,
): Promise<Stream> {
  return (await openTalk(stream, request, signal)).release();
}

/**
 * Runs a program in a container.
 *
 * @param stream Fresh stream of protocol `/fizz/exec/1.0.0`, on a connection whose identity is the session key.
 * @throws ProtocolError what the node answered; STREAM_CLOSED, TIMEOUT
 */
export async function openExec(
  stream: Stream,
  request: ExecRequest,
  signal: AbortSignal,
): Promise<ExecClient> {
  return new ExecClient(await openTalk(stream, request, signal));
}

/**
 * Brings files into a container, or takes them out of it.
 *
 * @param stream Fresh stream of protocol `/fizz/copy/1.0.0`, on a connection whose identity is the session key.
 * @throws ProtocolError what the node answered; STREAM_CLOSED, TIMEOUT
 */
export async function openCopy(stream: Stream, request: CopyRequest, signal: AbortSignal): Promise<CopyTalk> {
  return new CopyTalk(await openTalk(stream, request, signal));
}

/** Asks, and waits for the answer that a talk may begin. */
async function openTalk(
  stream: Stream,
  request: ConnectRequest | TunnelOpen | ExecRequest | CopyRequest,
  signal: AbortSignal,
): Promise<FramedStream> {
  const framed = new FramedStream(stream);
  try {
    await framed.write(request, signal);
    const answer = await framed.require(tunnelReadySchema, signal);
    if (answer.type === "error") throw errorFromWire(answer.error);
    return framed;
  } catch (error) {
    framed.abort(error instanceof Error ? error : new TypeError("unknown"));
    throw error;
  }
}

/** What a feed is asked with. */
interface FeedRequest<Query> {
  readonly auth: ControlAuth;
  readonly query: Query;
}

/**
 * Reads log lines, oldest first, until the end or, following, until the signal. After a lost connection, ask again with what
 * a LogPlace has noted.
 *
 * @param stream Fresh stream of protocol `/fizz/logs/2.0.0`.
 * @throws ProtocolError what the node answered; STREAM_CLOSED, TIMEOUT
 */
export async function* readLogs(
  stream: Stream,
  request: FeedRequest<LogsQuery>,
  signal: AbortSignal,
): AsyncGenerator<LogLine[], void, void> {
  yield* readAnswers(stream, { request, shape: { item: logLineSchema } }, signal);
}

/**
 * Reads lifecycle events after a cursor. After a lost connection, ask again with the last cursor seen.
 *
 * @param stream Fresh stream of protocol `/fizz/events/1.0.0`.
 * @throws ProtocolError what the node answered; STREAM_CLOSED, TIMEOUT
 */
export async function* readEvents(
  stream: Stream,
  request: FeedRequest<EventsQuery>,
  signal: AbortSignal,
): AsyncGenerator<LeaseEvent[], void, void> {
  yield* readAnswers(stream, { request, shape: { item: leaseEventSchema } }, signal);
}

/**
 * Reads snapshots of what the containers use: one, or, following, one a second until the signal. Who reads more slowly
 * gets fewer, each the newest.
 *
 * @param stream Fresh stream of protocol `/fizz/stats/1.0.0`.
 * @throws ProtocolError what the node answered; STREAM_CLOSED, TIMEOUT
 */
export async function* readStats(
  stream: Stream,
  request: FeedRequest<StatsQuery>,
  signal: AbortSignal,
): AsyncGenerator<StatsSnapshot[], void, void> {
  yield* readAnswers(
    stream,
    { request, shape: { item: statsSnapshotSchema, window: STATS_WINDOW_FRAMES } },
    signal,
  );
}

/** Asks for a feed, and reads it. */
async function* readAnswers<Schema extends z.ZodType>(
  stream: Stream,
  { request, shape }: { readonly request: unknown; readonly shape: FeedShape<Schema> },
  signal: AbortSignal,
): AsyncGenerator<z.output<Schema>[], void, void> {
  const framed = new FramedStream(stream);
  try {
    await framed.write(request, signal);
    yield* readFeed(framed, shape, signal);
  } finally {
    await framed.close();
  }
}
