import { type Route } from "@fizz/protocol/messages";

/** Methods that do the same when they are done twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** Largest values: what 0 stands for. */
const MAX_BODY_BYTES = 104_857_600;
const MAX_TIMEOUT_MS = 60_000;

/** What went wrong with a try: the connection, the time, or the status that the replica answered with. */
export type Failure = "error" | "timeout" | number;

/** The options of a route, ready to be held against a request. */
export interface RequestRules {
  readonly maxBodyBytes: number;
  readonly readTimeoutMs: number;
  readonly sendTimeoutMs: number;
  /** Tries of one request, the first one included. */
  readonly maxTries: number;
  /** Milliseconds from the first try after which there is no other; Infinity for no limit. */
  readonly maxTryTimeMs: number;
  readonly cases: ReadonlySet<Failure>;
}

/** 0 stands for the largest body and time, for as many tries as there are replicas, and for no limit of their time. */
export function requestRules(options: Route["options"]): RequestRules {
  const { maxBodySize, readTimeoutMs, sendTimeoutMs, nextTries, nextTimeoutMs, nextCases } = options;
  return {
    maxBodyBytes: maxBodySize === 0 ? MAX_BODY_BYTES : maxBodySize,
    readTimeoutMs: readTimeoutMs === 0 ? MAX_TIMEOUT_MS : readTimeoutMs,
    sendTimeoutMs: sendTimeoutMs === 0 ? MAX_TIMEOUT_MS : sendTimeoutMs,
    maxTries: nextTries === 0 ? Infinity : nextTries,
    maxTryTimeMs: nextTimeoutMs === 0 ? Infinity : nextTimeoutMs,
    cases: new Set(nextCases.flatMap((name) => (name === "off" ? [] : [caseOf(name)]))),
  };
}

export interface Try {
  readonly method: string;
  readonly failure: Failure;
  /** Tries so far, this one included. */
  readonly tries: number;
  /** Milliseconds since the first one began. */
  readonly elapsedMs: number;
  /** Whether the replica may have got something of the request. */
  readonly wasSent: boolean;
  /** Whether part of the request's body is gone, so that it cannot be sent again. */
  readonly bodyBegun: boolean;
}

/** Whether another replica may be asked. What may have been done once is done again only when that does no harm. */
export function mayTryNext(rules: RequestRules, attempt: Try): boolean {
  if (attempt.bodyBegun || attempt.tries >= rules.maxTries || attempt.elapsedMs >= rules.maxTryTimeMs)
    return false;
  if (!rules.cases.has(attempt.failure)) return false;
  return !attempt.wasSent || IDEMPOTENT.has(attempt.method);
}

function caseOf(name: string): Failure {
  return name === "error" || name === "timeout" ? name : Number(name);
}
