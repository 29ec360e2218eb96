import { CopyTalk } from "@fizz/protocol/control";
import { errorToWire, ProtocolError } from "@fizz/protocol/errors";
import {
  CONTROL_TIMEOUT_MS,
  type CopyCommand,
  type CopyEnd,
  copyRequestSchema,
  MAX_COPY_BYTES,
  protocols,
} from "@fizz/protocol/messages";
import { type Libp2p } from "@libp2p/interface";
import { type Copies, type CopySession } from "../copy-ports.ts";
import { tarVerdict } from "../domain/tar-commands.ts";
import { type ExecSession } from "../exec-ports.ts";
import { type ControlGate } from "../ports.ts";
import { type Request, type ServeContext, serveProtocol } from "./answer-streams.ts";
import { IdleTimer } from "./idle-timer.ts";
import { LeaseStreams, reasonOf, whileAllowed } from "./lease-streams.ts";

/** Copies of one client at once. */
export const MAX_COPIES_PER_CLIENT = 4;
/** Copies of one lease, and of all of a node, at once. */
export const COPY_LIMITS = { perLease: 4, total: 32, what: "copies" } as const;
/** A copy of which nothing moved for so long is ended, in milliseconds. */
export const COPY_IDLE_MS = 60_000;
/** Kept of what a tar says, in characters. */
const MAX_WORDS = 4_096;

export interface CopyServices {
  readonly gate: Pick<ControlGate, "authorize">;
  readonly copies: Copies;
  /** COPY_IDLE_MS and MAX_COPY_BYTES when they are not said. */
  readonly copyIdleMs?: number;
  readonly maxCopyBytes?: number;
}

/**
 * Each stream is one copy between a tenant's client and its own container, as a tar archive on an end-to-end
 * connection. The archive is made and unpacked in the container; here it is bytes, which are counted.
 */
export async function serveCopy(host: Libp2p, services: CopyServices, context: ServeContext): Promise<void> {
  const { gate, copies, copyIdleMs = COPY_IDLE_MS, maxCopyBytes = MAX_COPY_BYTES } = services;
  const leases = new LeaseStreams(COPY_LIMITS);
  await serveProtocol(
    host,
    {
      protocol: protocols.copy,
      request: copyRequestSchema,
      gatewayOnly: false,
      maxStreams: MAX_COPIES_PER_CLIENT,
      serve: async (request) => {
        const { message, framed, signal: gone } = request;
        const limits = { idleMs: copyIdleMs, maxBytes: maxCopyBytes };
        await whileAllowed({ gate, leases }, request, async ({ leaseHash, signal: granted }, starting) => {
          const opened = await copies.open(leaseHash, message.copy, starting);
          await attend({ framed, gone, granted, copy: message.copy, opened, limits });
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
  readonly copy: CopyCommand;
  readonly opened: CopySession;
  readonly limits: { readonly idleMs: number; readonly maxBytes: number };
}

/** Carries an archive until it has ended, or has nobody any more. */
async function attend({ framed, gone, granted, copy, opened, limits }: Attendance): Promise<void> {
  const { session, isFolder } = opened;
  const meter = new Meter(limits.maxBytes);
  const idle = new IdleTimer(limits.idleMs, () => meter.bytes);
  const until = AbortSignal.any([gone, granted, idle.signal]);
  const close = (): void => {
    session.close();
  };
  until.addEventListener("abort", close, { once: true });
  const talk = new CopyTalk(framed);
  try {
    await framed.write({ type: "ready" }, AbortSignal.any([gone, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]));
    const carry = { session, talk, meter, signal: until };
    if (copy.direction === "in") await talk.tellPlace({ isFolder }, until);
    const note = copy.direction === "in" ? await bringIn(carry) : await takeOut(carry);
    await finish(talk, { note });
  } catch (error) {
    await finish(talk, { error: errorToWire(reasonOf(until) ?? error) }).catch(() => undefined);
  } finally {
    idle.stop();
    until.removeEventListener("abort", close);
    session.close();
    await talk.close();
  }
}

interface Carry {
  readonly session: ExecSession;
  readonly talk: CopyTalk;
  readonly meter: Meter;
  readonly signal: AbortSignal;
}

/** @returns What is worth a word. @throws ProtocolError COPY_FAILED, INPUT_TOO_LARGE, STREAM_CLOSED */
async function takeOut({ session, talk, meter, signal }: Carry): Promise<string | null> {
  let words = "";
  for await (const { stream, bytes } of session.output) {
    meter.count(bytes.length);
    if (stream === "stdout") await talk.write(bytes, signal);
    else words = withMore(words, bytes);
  }
  return judge(await session.exitCode(), words);
}

/** An archive whose end was not said is not finished in the container either. @throws ProtocolError as takeOut */
async function bringIn({ session, talk, meter, signal }: Carry): Promise<string | null> {
  const tar = { hasEnded: false };
  const listening = listen(session).finally(() => {
    tar.hasEnded = true;
  });
  // Looked at below: until then, one that fails must not end this process.
  listening.catch(() => undefined);
  for await (const bytes of talk.read(signal)) {
    meter.count(bytes.length);
    // A full disk ends a tar early; the rest need not come.
    if (tar.hasEnded) break;
    await session.write(bytes);
  }
  session.endInput();
  const words = await listening;
  return judge(await session.exitCode(), words);
}

async function listen(session: ExecSession): Promise<string> {
  let words = "";
  for await (const { bytes } of session.output) words = withMore(words, bytes);
  return words;
}

function withMore(words: string, bytes: Uint8Array): string {
  return words.length >= MAX_WORDS ? words : words + Buffer.from(bytes).toString().slice(0, MAX_WORDS);
}

function judge(exitCode: number | null, words: string): string | null {
  const { failed, said } = tarVerdict(exitCode, words);
  if (failed)
    throw new ProtocolError(
      "COPY_FAILED",
      said ?? `The container's tar ended with ${exitCode ?? "no code"}.`,
    );
  return said;
}

async function finish(talk: CopyTalk, end: CopyEnd): Promise<void> {
  await talk.end(end, AbortSignal.timeout(CONTROL_TIMEOUT_MS));
}

/** Counts what passes. */
class Meter {
  readonly #most: number;
  bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** @throws ProtocolError INPUT_TOO_LARGE */
  count(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.#most)
      throw new ProtocolError("INPUT_TOO_LARGE", `One copy carries ${this.#most} bytes at most.`);
  }
}
