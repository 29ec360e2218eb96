import { type ErrorCode } from "@fizz/protocol/errors";

/** What keeps a request or a connection of the routed doors out: docs/LIMITS.md. */
export const GUARDS = [
  "malformed",
  "header_size",
  "header_time",
  "handshake",
  "unknown_host",
  "host_mismatch",
  "body_size",
  "h2_flood",
  "unread",
] as const;
export type Guard = (typeof GUARDS)[number];

/** Classes of answers; `gone` for callers that went before theirs. */
export const OUTCOMES = ["1xx", "2xx", "3xx", "4xx", "5xx", "gone"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Counts of the routed doors since the start: plain numbers, since they change with every request. */
export class FrontCounts {
  readonly guards = Object.fromEntries(GUARDS.map((guard) => [guard, 0])) as Record<Guard, number>;
  readonly outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;

  refused(guard: Guard): void {
    this.guards[guard] += 1;
  }

  /** @param status 0 when the caller went before its answer. */
  answered(status: number): void {
    this.outcomes[OUTCOMES[status === 0 ? 5 : Math.floor(status / 100) - 1] ?? "5xx"] += 1;
  }
}

/** The guard that a code stands for, if any. */
export function guardOf(code: ErrorCode): Guard | undefined {
  if (code === "HOST_UNKNOWN") return "unknown_host";
  if (code === "HOST_MISMATCH") return "host_mismatch";
  if (code === "INPUT_TOO_LARGE") return "body_size";
  return code === "INPUT_INVALID" ? "malformed" : undefined;
}
