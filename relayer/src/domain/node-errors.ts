import { type ErrorCode, errorFromWire, ProtocolError, type WireError } from "@fizz/protocol/errors";

/** Codes that a node may answer the gateway's callers with. */
export const nodeErrorCodes = [
  "INPUT_INVALID",
  "INPUT_TOO_LARGE",
  "MANIFEST_INVALID",
  "MANIFEST_MISMATCH",
  "UNSEAL_FAILED",
  "QUOTE_EXPIRED",
  "QUOTE_INVALID",
  "NODE_FULL",
  "NODE_REFUSED",
  "CHAIN_UNREACHABLE",
  "CHAIN_MISMATCH",
  "ENGINE_UNREACHABLE",
  "ENGINE_FAILED",
  "LEASE_NOT_FOUND",
  "LEASE_NOT_YOURS",
  "LEASE_WRONG_STATE",
  "GRANT_INVALID",
  "GRANT_EXPIRED",
  "GRANT_SCOPE",
  "GRANT_REVOKED",
  "REVOCATION_INVALID",
  "SESSION_NOT_PROVEN",
  "IDENTITY_UNKNOWN",
  "SERVICE_UNKNOWN",
  "RATE_LIMITED",
  "LIMIT_REACHED",
  "TIMEOUT",
  "STREAM_CLOSED",
  "PEER_REFUSED",
] as const satisfies readonly ErrorCode[];

const known = new Set<string>(nodeErrorCodes);

/** The error that a node sent. What it has no business to say, its own bugs too, becomes PEER_REFUSED. */
export function errorFromNode(wire: WireError): ProtocolError {
  if (known.has(wire.code)) return errorFromWire(wire);
  const { message, retryable } = wire;
  return new ProtocolError("PEER_REFUSED", message, { retryable, details: { code: wire.code } });
}

/** As `errorFromNode`, of an error that was read already. */
export function asNodeError(error: unknown): unknown {
  if (!(error instanceof ProtocolError) || known.has(error.code)) return error;
  const { code, message, retryable } = error;
  return new ProtocolError("PEER_REFUSED", message, { retryable, details: { code }, cause: error });
}
