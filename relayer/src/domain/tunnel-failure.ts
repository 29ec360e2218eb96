import { type ErrorCode, ProtocolError } from "@fizz/protocol/errors";

/** Why a public connection reached no container. */
export type TunnelFailure = "node_away" | "node_full" | "timeout" | "refused" | "caller_gone" | "other";

const reasons: Partial<Record<ErrorCode, TunnelFailure>> = {
  NODE_OFFLINE: "node_away",
  NODE_UNREACHABLE: "node_away",
  LIMIT_REACHED: "node_full",
  TIMEOUT: "timeout",
  SERVICE_UNREACHABLE: "refused",
  LEASE_NOT_FOUND: "refused",
  LEASE_WRONG_STATE: "refused",
};

/** A closed set of reasons, for a metric's label. */
export function tunnelFailureOf(error: unknown): TunnelFailure {
  if (!(error instanceof ProtocolError)) return "other";
  return error.details["isCallerGone"] === true ? "caller_gone" : (reasons[error.code] ?? "other");
}
