import { type Socket } from "node:net";
import { STATUS_CODES } from "node:http";
import { errorCodes, errorToWire, ProtocolError, type WireError } from "@fizz/protocol/errors";

/** Where the time is not told: a node of an earlier version counts by the minute; a quota is of 24 hours. */
const RETRY_AFTER_SECONDS: Readonly<Record<string, number>> = { RATE_LIMITED: 60, QUOTA_EXCEEDED: 3_600 };
/** What a node tells is passed on up to here. */
const MAX_RETRY_AFTER_SECONDS = 3_600;

export interface HttpFailure {
  readonly status: number;
  readonly body: { readonly error: WireError };
}

/** The one place that turns an error into a status and a body. */
export function errorToHttp(error: unknown): HttpFailure {
  const known = error instanceof ProtocolError ? error : fromFastify(error);
  const wire = errorToWire(known);
  return {
    status: known === undefined ? errorCodes.INTERNAL.status : errorCodes[known.code].status,
    body: { error: wire },
  };
}

/** What fastify itself refuses: sizes, content types, broken JSON. */
function fromFastify(error: unknown): ProtocolError | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== "number" || status < 400 || status >= 500) return undefined;
  const message = error instanceof Error ? error.message : "The request cannot be read.";
  if (status === 413) return new ProtocolError("INPUT_TOO_LARGE", message);
  if (status === 408) return new ProtocolError("TIMEOUT", message);
  return new ProtocolError("INPUT_INVALID", message);
}

/**
 * For how long a caller should wait, whole seconds from 1: what the error's details say, and where they do not, the
 * longest that it can be. Undefined where the code says nothing of time.
 */
export function retryAfterSeconds({ body: { error } }: HttpFailure): number | undefined {
  const told = error.details?.["retryAfterSeconds"];
  const most = RETRY_AFTER_SECONDS[error.code];
  if (typeof told !== "number" || !Number.isFinite(told)) return most;
  return Math.min(Math.max(1, Math.ceil(told)), MAX_RETRY_AFTER_SECONDS);
}

/** Answers what is no HTTP, or did not come in time or in size, in the shape of every refusal, and ends the connection. */
export function refuseBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const [status, refusal] = brokenRequest(error.code);
  const body = JSON.stringify({ error: errorToWire(refusal) });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nconnection: close\r\ncontent-length: ${body.length}`;
  if (socket.writable)
    socket.write(`${head}\r\ncontent-type: application/json; charset=utf-8\r\n\r\n${body}`);
  socket.destroy(error);
}

function brokenRequest(code: string | undefined): [status: number, refusal: ProtocolError] {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return [408, new ProtocolError("TIMEOUT", "The request did not arrive in time.")];
  if (code === "HPE_HEADER_OVERFLOW")
    return [431, new ProtocolError("INPUT_TOO_LARGE", "The headers are too long.")];
  return [400, new ProtocolError("INPUT_INVALID", "This is no HTTP request.")];
}
