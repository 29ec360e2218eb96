import { expect } from "chai";
import { Wakeup } from "../../../node-agent/src/leases/wakeup.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";

const LONG_MS = 60_000;

describe("Wakeup", () => {
  const never = new AbortController().signal;

  it("tells that nothing happened but a block", async () => {
    const wakeup = new Wakeup(clock);
    wakeup.block();
    wakeup.block();
    expect(await wakeup.wait(LONG_MS, never)).to.equal("block");
    const woken = wakeup.wait(LONG_MS, never);
    wakeup.block();
    expect(await woken).to.equal("block");
  });

  it("forgets no other wake for a block that comes before or after it", async () => {
    const wakeup = new Wakeup(clock);
    wakeup.block();
    wakeup.now();
    expect(await wakeup.wait(LONG_MS, never)).to.equal("any");
    const woken = wakeup.wait(LONG_MS, never);
    wakeup.now();
    wakeup.block();
    expect(await woken).to.equal("any");
  });

  it("goes on after a while, after an alarm and at the end, and then anything may have happened", async () => {
    const wakeup = new Wakeup(clock);
    expect(await wakeup.wait(1, never)).to.equal("any");
    wakeup.after(1);
    expect(await wakeup.wait(LONG_MS, never)).to.equal("any");
    expect(await wakeup.wait(LONG_MS, AbortSignal.abort())).to.equal("any");
  });
});
