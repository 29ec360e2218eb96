import { type ErrorCode, ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { errorToHttp, retryAfterSeconds } from "../../../relayer/src/http/errors.ts";

describe("retry-after", () => {
  it("is what the error tells, in whole seconds from 1 to an hour", () => {
    for (const [told, seconds] of [
      [13, 13],
      [0.2, 1],
      [12.1, 13],
      [0, 1],
      [-5, 1],
      [1e308, 3_600],
    ])
      expect(secondsOf("RATE_LIMITED", { retryAfterSeconds: told }), String(told)).to.equal(seconds);
  });

  it("is the longest that it can be where nothing, or nothing usable, is told", () => {
    for (const retryAfterSeconds of ["7", NaN, Infinity, null, {}])
      expect(secondsOf("RATE_LIMITED", { retryAfterSeconds }), typeof retryAfterSeconds).to.equal(60);
    expect(secondsOf("RATE_LIMITED")).to.equal(60);
    expect(secondsOf("QUOTA_EXCEEDED")).to.equal(3_600);
  });

  it("is told of no other refusal, unless that has a time", () => {
    expect(secondsOf("LIMIT_REACHED")).to.equal(undefined);
    expect(secondsOf("LIMIT_REACHED", { retryAfterSeconds: 4 })).to.equal(4);
  });

  function secondsOf(code: ErrorCode, details?: Record<string, unknown>): number | undefined {
    return retryAfterSeconds(errorToHttp(new ProtocolError(code, "no", details && { details })));
  }
});
