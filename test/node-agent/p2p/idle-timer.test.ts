import { mock } from "node:test";
import { expect } from "chai";
import { IdleTimer, SESSION_IDLE_MS } from "../../../node-agent/src/p2p/idle-timer.ts";

describe("IdleTimer", () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ["setInterval"] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it("lets a session live on which a byte moves now and then, over 1,000 idle periods", () => {
    let moved = 0;
    const timer = new IdleTimer(SESSION_IDLE_MS, () => moved);
    for (let period = 0; period < 1_000; period += 1) {
      mock.timers.tick(SESSION_IDLE_MS * 0.95);
      moved += 1;
    }
    expect(timer.signal.aborted).to.equal(false);
    timer.stop();
  });

  it("ends it after the time, and an eighth of it more at most", () => {
    let moved = 0;
    const timer = new IdleTimer(8_000, () => moved);
    mock.timers.tick(500);
    moved += 1;
    mock.timers.tick(8_000 - 1);
    expect(timer.signal.aborted).to.equal(false);
    mock.timers.tick(1_000 + 1);
    expect((timer.signal.reason as { code: string }).code).to.equal("TIMEOUT");
  });

  it("ends nothing once it is stopped", () => {
    const timer = new IdleTimer(8_000, () => 0);
    timer.stop();
    mock.timers.tick(80_000);
    expect(timer.signal.aborted).to.equal(false);
  });
});
