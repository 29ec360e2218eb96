import { ExecServer } from "@fizz/protocol/control";
import { errorToWire } from "@fizz/protocol/errors";
import { CONTROL_TIMEOUT_MS, type ExecEnd, execRequestSchema, protocols } from "@fizz/protocol/messages";
import { type Libp2p } from "@libp2p/interface";
import { type ExecSession, type Programs } from "../exec-ports.ts";
import { type ControlGate } from "../ports.ts";
import { type Request, type ServeContext, serveProtocol } from "./answer-streams.ts";
import { IdleTimer, SESSION_IDLE_MS } from "./idle-timer.ts";
import { LeaseStreams, reasonOf, whileAllowed } from "./lease-streams.ts";

/** Programs of one client at once, and new ones per minute. */
export const MAX_EXECS_PER_CLIENT = 16;
export const MAX_EXEC_REQUESTS_PER_WINDOW = 120;
/** Programs in one lease, and in all of a node, at once. */
export const EXEC_LIMITS = { perLease: 32, total: 256, what: "programs of tenants" } as const;

export interface ExecServices {
  readonly gate: Pick<ControlGate, "authorize">;
  readonly programs: Programs;
  /** SESSION_IDLE_MS when it is not said. */
  readonly execIdleMs?: number;
}

/**
 * Each stream is one program that a tenant runs in its own container, on an end-to-end connection with the tenant's
 * client: the gateway is no party to it.
 *
 * @param context Its `limits` count these streams alone: they live long.
 */
export async function serveExec(host: Libp2p, services: ExecServices, context: ServeContext): Promise<void> {
  const { gate, programs, execIdleMs = SESSION_IDLE_MS } = services;
  const leases = new LeaseStreams(EXEC_LIMITS);
  await serveProtocol(
    host,
    {
      protocol: protocols.exec,
      request: execRequestSchema,
      gatewayOnly: false,
      maxStreams: MAX_EXECS_PER_CLIENT,
      serve: async (request) => {
        const { message, framed, signal: gone } = request;
        await whileAllowed({ gate, leases }, request, async ({ leaseHash, signal: granted }, starting) => {
          const session = await programs.exec(leaseHash, message.exec, starting);
          await attend(session, { framed, gone, granted, idleMs: execIdleMs });
        });
      },
    },
    context,
  );
}

interface Attendance extends Pick<Request<unknown>, "framed"> {
  /** Aborts when the tenant or the session with the gateway is gone; when the grant is over. */
  readonly gone: AbortSignal;
  readonly granted: AbortSignal;
  readonly idleMs: number;
}

/** Carries input and output until the program has ended, or has nobody any more. */
async function attend(session: ExecSession, { framed, gone, granted, idleMs }: Attendance): Promise<void> {
  let moved = 0;
  const touch = (): void => {
    moved += 1;
  };
  const idle = new IdleTimer(idleMs, () => moved);
  const over = new AbortController();
  const until = AbortSignal.any([gone, granted, idle.signal]);
  const close = (): void => {
    session.close();
  };
  until.addEventListener("abort", close, { once: true });
  const talk = new ExecServer(framed);
  try {
    await framed.write({ type: "ready" }, AbortSignal.any([gone, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]));
    void takeInput(talk, { session, touch, signal: AbortSignal.any([until, over.signal]) });
    for await (const piece of session.output) {
      touch();
      await talk.write(piece, until);
    }
    const end = whyEnded(until) ?? { exitCode: await session.exitCode() };
    await talk.end(end, AbortSignal.timeout(CONTROL_TIMEOUT_MS));
  } catch (error) {
    const end = whyEnded(until) ?? { error: errorToWire(error) };
    await talk.end(end, AbortSignal.timeout(CONTROL_TIMEOUT_MS)).catch(() => undefined);
  } finally {
    over.abort();
    idle.stop();
    until.removeEventListener("abort", close);
    session.close();
  }
}

/** Runs until the tenant ends its half, or sends what is no input: that ends the program's input. */
async function takeInput(
  talk: ExecServer,
  { session, touch, signal }: { session: ExecSession; touch: () => void; signal: AbortSignal },
): Promise<void> {
  try {
    for await (const input of talk.input(signal)) {
      touch();
      if (input.type === "resize") await session.resize(input.size);
      else if (input.bytes === undefined) session.endInput();
      else await session.write(input.bytes);
    }
  } catch {
    session.close();
  }
}

/** What the tenant is told of an end that is not the program's. */
function whyEnded(signal: AbortSignal): ExecEnd | undefined {
  const reason = reasonOf(signal);
  return reason && { error: errorToWire(reason) };
}
