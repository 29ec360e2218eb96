import { expect } from "chai";
import { reconnectDelayMs } from "../../../node-agent/src/domain/back-off.ts";

const MINUTE = 60_000;
const lost = { attempt: 1, awayMs: 0, isRefused: false, jitter: 1 };

describe("wait before the gateway is dialled again", () => {
  it("is at most a second for five minutes, however often it failed", () => {
    for (const attempt of [1, 2, 3, 10, 300])
      for (const jitter of [0, 0.5, 1]) {
        const delay = reconnectDelayMs({ ...lost, attempt, jitter, awayMs: 5 * MINUTE });
        expect(delay).to.be.within(375, 1_000);
      }
  });

  it("grows to half a minute for a gateway that stays away, or that refuses the node", () => {
    for (const change of [{ awayMs: 6 * MINUTE }, { isRefused: true }]) {
      const delays = [1, 3, 20].map((attempt) => reconnectDelayMs({ ...lost, ...change, attempt }));
      expect(delays).to.deep.equal([500, 2_000, 30_000]);
    }
  });

  it("is spread over a quarter of itself, so that nodes do not come back in step", () => {
    const [early, late] = [0, 1].map((jitter) => reconnectDelayMs({ ...lost, attempt: 9, jitter }));
    expect([early, late]).to.deep.equal([750, 1_000]);
  });
});
