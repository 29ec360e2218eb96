import { ProtocolError } from "@fizz/protocol/errors";
import { type DeploymentStatus, type LeaseEvent } from "@fizz/protocol/messages";
import { nameOfReason } from "@fizz/protocol/reasons";
import { chainTime, endOf, findLease, type Lease } from "../chain/lease-market.ts";
import { type Token } from "../chain/tokens.ts";
import { type Context } from "../context.ts";
import { showAmount } from "../output/format.ts";
import { backOff, pause } from "../pause.ts";
import { type NodeSession } from "../session/node-session.ts";
import { openSession } from "../session/open-session.ts";
import { expireLease } from "./expire-lease.ts";
import { followEvents } from "./follow-events.ts";
import { describeEvent } from "./progress-lines.ts";

/** How often the chain is asked for the lease's state, in milliseconds. */
const POLL_MS = 1_000;
/** Time for the node's events to come when its lease is active before any was read, in milliseconds. */
const CATCH_UP_MS = 2_000;
const REASON_PULL_FAILED = "node.image_pull_failed";

export interface StartInput {
  readonly lease: Lease;
  readonly token: Token;
  /** Unix seconds, on the chain's clock. */
  readonly startDeadline: number;
  /** Unix milliseconds after which the command gives up watching. */
  readonly until: number;
}

/** A lease that is active, with what its node says. */
export interface StartedLease {
  readonly lease: Lease;
  readonly status: DeploymentStatus;
}

/**
 * Watches a lease until its containers run. The chain decides when that is; the node's events are shown on the way.
 * A chain, gateway or node that is away for a while is waited for.
 *
 * @throws ProtocolError IMAGE_PULL_FAILED, LEASE_NOT_STARTED when the lease ended instead; TIMEOUT
 */
export async function followStart(context: Context, input: StartInput): Promise<StartedLease> {
  const watching = new AbortController();
  const signal = AbortSignal.any([context.signal, watching.signal]);
  const open = sessionOpener(context, input.lease);
  const seen: LeaseEvent[] = [];
  const first = Promise.withResolvers<undefined>();
  const onFirst = (): void => {
    first.resolve(undefined);
  };
  const events = showEvents(context, { open, signal, seen, onFirst });
  try {
    const lease = await waitUntilActive(context, input, seen);
    const status = await readStatus(context, open, input);
    // A quick node was ready before it was heard: how it came about is shown nevertheless.
    await Promise.race([first.promise, pause(CATCH_UP_MS, signal)]);
    return { lease, status };
  } finally {
    watching.abort();
    await events;
  }
}

type OpenSession = () => Promise<NodeSession>;

/** One session for events and status; another only after the first could not be opened. */
function sessionOpener(context: Context, lease: Lease): OpenSession {
  let opened: Promise<NodeSession> | undefined;
  return async () => {
    opened ??= openSession(context, lease);
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };
}

interface EventsInput {
  readonly open: OpenSession;
  readonly signal: AbortSignal;
  readonly seen: LeaseEvent[];
  /** Called when something was shown, or nothing will be. */
  readonly onFirst: () => void;
}

/** Progress is for people: whatever happens here, the chain decides. */
async function showEvents(context: Context, { open, signal, seen, onFirst }: EventsInput): Promise<void> {
  const onLost = (error: ProtocolError): void => {
    context.terminal.note(`${error.message} Trying again.`);
  };
  try {
    for await (const event of followEvents(context, { open, signal, cursor: 0, onLost })) {
      // A node that tries again says the same again.
      const isRepeat = seen.some(
        (other) =>
          other.code === event.code &&
          other.message === event.message &&
          other.service === event.service &&
          other.replica === event.replica,
      );
      seen.push(event);
      if (!isRepeat) describeEvent(context.terminal, event);
      onFirst();
    }
  } catch (error) {
    if (!signal.aborted) context.terminal.warn(`no progress from the node: ${(error as Error).message}`);
  } finally {
    onFirst();
  }
}

async function waitUntilActive(
  context: Context,
  input: StartInput,
  seen: readonly LeaseEvent[],
): Promise<Lease> {
  let failures = 0;
  while (Date.now() < input.until) {
    try {
      const lease = await leftOpen(context, input);
      if (lease !== undefined) return await requireRunning(context, { ...input, lease }, seen);
      failures = 0;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof ProtocolError) || error.code !== "CHAIN_UNREACHABLE") throw error;
      if (failures === 0) context.terminal.note(`${error.message} Trying again.`);
      failures += 1;
    }
    await pause(failures === 0 ? POLL_MS : backOff(failures), context.signal);
  }
  const { lid } = input.lease;
  const message = `Lease ${lid} is not active yet. It goes on; this command stops watching.`;
  throw new ProtocolError("TIMEOUT", message, { details: { lid: Number(lid) } });
}

/** The lease once it is no longer Open; until then undefined. After the deadline the money is taken back. */
async function leftOpen(context: Context, { lease, startDeadline }: StartInput): Promise<Lease | undefined> {
  const chain = await context.chain();
  const now = await findLease(chain, lease.lid);
  // After a reorg the number may be nobody's, or another's, until the order is included again.
  if (now?.leaseHash === lease.leaseHash && now.state !== "open") return now;
  if ((await chainTime(chain)) > startDeadline) await expireLease(context, lease);
  return undefined;
}

async function requireRunning(
  context: Context,
  { lease, token }: StartInput,
  seen: readonly LeaseEvent[],
): Promise<Lease> {
  if (lease.state !== "closed") return lease;
  const end = await endOf(await context.chain(), lease.lid).catch(() => undefined);
  const leases = await context.leases();
  await leases.remove(lease.leaseHash);
  const reason = end === undefined ? "unknown" : nameOfReason(end.reason);
  const code = reason === REASON_PULL_FAILED ? "IMAGE_PULL_FAILED" : "LEASE_NOT_STARTED";
  const told = seen.findLast((event) => /failed|refused|declined/.test(event.code));
  const back = end === undefined ? "" : ` ${showAmount(end.refunded, token)} is back in your escrow account.`;
  const why = told === undefined ? "" : ` ${told.message.trim().replace(/\s*\.?$/, ".")}`;
  const message = `Lease ${lease.lid} did not start: ${reason}${end === undefined ? "" : ` (${end.reason})`}.${why}${back}`;
  const details = {
    lid: Number(lease.lid),
    reason,
    reasonCode: end?.reason,
    refunded: end?.refunded.toString(),
  };
  throw new ProtocolError(code, message, { details });
}

/** The lease runs; its node may need a moment to be reachable again. */
async function readStatus(
  context: Context,
  open: OpenSession,
  { lease, until }: StartInput,
): Promise<DeploymentStatus> {
  for (let tries = 0; ; tries += 1) {
    try {
      const session = await open();
      return await session.status(context.signal);
    } catch (error) {
      context.signal.throwIfAborted();
      const temporary = error instanceof ProtocolError && error.retryable;
      if (!temporary || Date.now() >= until) throw error;
      if (tries === 0) context.terminal.note(`Lease ${lease.lid} is active. ${error.message} Trying again.`);
    }
    await pause(backOff(tries), context.signal);
  }
}
