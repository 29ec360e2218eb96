import { z } from "zod";
import { jsonRecordSchema } from "../messages/json-record.ts";
import { type ErrorCode, errorCodes, isErrorCode } from "./codes.ts";

export interface ProtocolErrorOptions {
  readonly cause?: unknown;
  /** Overrides the catalogue: whether the same call may succeed later. */
  readonly retryable?: boolean;
  /** Values for programs; JSON only, no secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The one error that crosses an edge. Programs match on `code`; people read `message`, which says what to do. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ProtocolErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? errorCodes[code].retryable;
    this.details = options.details ?? {};
  }
}

const MAX_WIRE_MESSAGE_LENGTH = 2_000;

/** An error as it travels in frames and HTTP bodies. */
export const wireErrorSchema = z.object({
  code: z.string().max(80),
  message: z.string().max(MAX_WIRE_MESSAGE_LENGTH),
  retryable: z.boolean(),
  details: jsonRecordSchema.optional(),
});
export type WireError = z.infer<typeof wireErrorSchema>;

/** What another process may know of an error. A bug becomes INTERNAL without its text. */
export function errorToWire(error: unknown): WireError {
  if (!(error instanceof ProtocolError))
    return { code: "INTERNAL", message: "An internal error happened.", retryable: true };
  return {
    code: error.code,
    message: error.message.slice(0, MAX_WIRE_MESSAGE_LENGTH),
    retryable: error.retryable,
    ...(Object.keys(error.details).length > 0 ? { details: error.details } : {}),
  };
}

/** The error another process sent. A code this version does not know becomes PEER_REFUSED. */
export function errorFromWire(wire: WireError): ProtocolError {
  const code = isErrorCode(wire.code) ? wire.code : "PEER_REFUSED";
  return new ProtocolError(code, wire.message, {
    retryable: wire.retryable,
    ...(wire.details === undefined ? {} : { details: wire.details }),
  });
}
