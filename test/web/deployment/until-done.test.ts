import { expect } from "chai";
import { untilDone } from "../../../web/src/features/deployment/until-done.ts";

describe("untilDone", () => {
  it("stops at the first attempt that is done", async () => {
    let attempts = 0;
    await untilDone(
      () => Promise.resolve((attempts += 1) === 1),
      () => undefined,
      AbortSignal.timeout(1_000),
    );
    expect(attempts).to.equal(1);
  });
  it("reports a failure and tries again", async () => {
    const errors: unknown[] = [];
    const abort = new AbortController();
    await untilDone(
      () => Promise.reject(new Error("away")),
      (error) => {
        errors.push(error);
        abort.abort();
      },
      abort.signal,
    );
    expect(errors).to.have.length(1);
  });
  it("does nothing when it is already called off", async () => {
    let attempts = 0;
    await untilDone(
      () => Promise.resolve((attempts += 1) > 0),
      () => undefined,
      AbortSignal.abort(),
    );
    expect(attempts).to.equal(0);
  });
});
