import { errorCodes, errorToWire, ProtocolError, type WireError } from "@fizz/protocol/errors";

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
