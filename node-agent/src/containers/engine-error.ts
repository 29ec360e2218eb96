import { ProtocolError } from "@fizz/protocol/errors";

/** Status of an engine that manages no swarm, or none now. */
const UNAVAILABLE = 503;
/** What a manager says while the managers have no leader; its status is that of any failure. */
const LEADERLESS = /does not have a leader/;

/** HTTP status of an answer of the engine; undefined when it gave none. */
export function statusOf(error: unknown): number | undefined {
  const status: unknown = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" ? status : undefined;
}

/** What the engine said, without the client's own frame. */
export function engineMessage(error: unknown): string {
  const body: unknown = (error as { json?: { message?: unknown } | null } | null)?.json?.message;
  if (typeof body === "string") return body;
  return error instanceof Error ? error.message : String(error);
}

/** The one translation of what dockerode throws. */
export function engineError(error: unknown, what: string): ProtocolError {
  if (error instanceof ProtocolError) return error;
  const status = statusOf(error);
  if (status === UNAVAILABLE || (status !== undefined && LEADERLESS.test(engineMessage(error))))
    return new ProtocolError("ENGINE_UNREACHABLE", `${what}: ${engineMessage(error)}`, { cause: error });
  if (status !== undefined)
    return new ProtocolError("ENGINE_FAILED", `${what}: ${engineMessage(error)}`, {
      cause: error,
      details: { status },
    });
  const name = error instanceof Error ? error.name : "";
  if (name === "AbortError" || name === "TimeoutError")
    return new ProtocolError("TIMEOUT", `${what}: the Docker Engine did not answer in time.`, {
      cause: error,
    });
  const message = `${what}: the Docker Engine does not answer. Is it running, and may this account use its socket?`;
  return new ProtocolError("ENGINE_UNREACHABLE", message, { cause: error });
}

/** The engine or the container went away in the middle of a stream: who follows looks again. */
export function isPrematureClose(error: unknown): boolean {
  const code: unknown = (error as { code?: unknown } | null)?.code;
  return code === "ECONNRESET" || code === "ERR_STREAM_PREMATURE_CLOSE";
}
