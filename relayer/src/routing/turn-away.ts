import { type ErrorCode } from "@fizz/protocol/errors";
import { type Caller } from "./caller.ts";
import { errorPage } from "./domain/error-page.ts";
import { type TurnedAway } from "./reception.ts";

/** Keeps the method and the body, unlike 301. */
const PERMANENT_REDIRECT = 308;

/** Answers in the gateway's own name. @returns The status. */
export function answerPage(caller: Caller, code: ErrorCode): number {
  const { status, headers, body } = errorPage(code, caller.accept);
  caller.respond({ status, headers });
  if (caller.method !== "HEAD") caller.sink.write(body);
  caller.finish([]);
  return status;
}

/** As RFC 8555, 8.3, wants it. */
function answerChallenge(caller: Caller, answer: string): number {
  const length = String(Buffer.byteLength(answer));
  const headers = ["Content-Type", "application/octet-stream", "Content-Length", length];
  caller.respond({ status: 200, headers: [...headers, "Cache-Control", "no-store"] });
  if (caller.method !== "HEAD") caller.sink.write(answer);
  caller.finish([]);
  return 200;
}

/** Answers a request that no replica gets. @returns The status. */
export function turnAway(caller: Caller, direction: TurnedAway): number {
  if (direction.type === "refused") return answerPage(caller, direction.code);
  if (direction.type === "challenge") return answerChallenge(caller, direction.answer);
  caller.respond({
    status: PERMANENT_REDIRECT,
    headers: ["Location", direction.location, "Content-Length", "0"],
  });
  caller.finish([]);
  return PERMANENT_REDIRECT;
}
