import { type ErrorCode, ProtocolError } from "@fizz/protocol/errors";

/** Documented in docs/CLI.md; a number never changes its meaning. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  manifest: 3,
  funds: 4,
  unreachable: 5,
  refused: 6,
  timeout: 7,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const byClass: Readonly<
  Record<Exclude<keyof typeof exitCodes, "ok" | "failure" | "interrupted">, ErrorCode[]>
> = {
  usage: ["USAGE", "CONFIG_INVALID", "WALLET_MISSING"],
  manifest: ["MANIFEST_INVALID", "UPDATE_NOT_ALLOWED"],
  funds: ["INSUFFICIENT_ESCROW", "INSUFFICIENT_FUNDS"],
  unreachable: [
    "CHAIN_UNREACHABLE",
    "GATEWAY_UNREACHABLE",
    "NODE_UNREACHABLE",
    "NODE_OFFLINE",
    "ENGINE_UNREACHABLE",
    "STREAM_CLOSED",
  ],
  refused: [
    "ARCHIVE_REFUSED",
    "COPY_FAILED",
    "EXEC_FAILED",
    "GRANT_EXPIRED",
    "GRANT_INVALID",
    "GRANT_REVOKED",
    "GRANT_SCOPE",
    "IDENTITY_UNKNOWN",
    "IMAGE_PULL_FAILED",
    "LEASE_NOT_FOUND",
    "LEASE_NOT_STARTED",
    "LEASE_NOT_YOURS",
    "LEASE_WRONG_STATE",
    "LIMIT_REACHED",
    "MANIFEST_MISMATCH",
    "NODE_FULL",
    "NODE_REFUSED",
    "NODE_UNKNOWN",
    "NO_QUOTES",
    "PEER_REFUSED",
    "PORTS_EXHAUSTED",
    "QUOTA_EXCEEDED",
    "QUOTE_EXPIRED",
    "QUOTE_INVALID",
    "RATE_LIMITED",
    "RELAYER_UNFUNDED",
    "REQUEST_EXPIRED",
    "REQUEST_INVALID",
    "REQUEST_NOT_ALLOWED",
    "REQUEST_NOT_FOUND",
    "REQUEST_OUT_OF_ORDER",
    "REQUEST_SUPERSEDED",
    "REVOCATION_INVALID",
    "SERVICE_UNKNOWN",
    "SESSION_NOT_PROVEN",
    "TX_REVERTED",
    "UNSEAL_FAILED",
    "WALLET_REJECTED",
  ],
  timeout: ["TIMEOUT", "TX_LOST"],
};

const byCode = new Map<string, ExitCode>(
  (Object.keys(byClass) as (keyof typeof byClass)[]).flatMap((name) =>
    byClass[name].map((code): [string, ExitCode] => [code, exitCodes[name]]),
  ),
);

/** What was asked about was judged, and is not in order: the process ends with {@link exitCodes.failure}. */
export class CheckFailed extends ProtocolError {}

/** A program in a container ended with another code than 0, which becomes the command's own. */
export class ProgramExit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`The program ended with ${code}.`);
    this.code = code;
  }
}

/** Exit code of the process after an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CheckFailed) return exitCodes.failure;
  return error instanceof ProtocolError ? (byCode.get(error.code) ?? exitCodes.failure) : exitCodes.failure;
}
