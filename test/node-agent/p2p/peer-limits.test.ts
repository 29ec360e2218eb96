import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import {
  MAX_PEERS,
  MAX_REQUESTS_PER_WINDOW,
  MAX_STREAMS_PER_PEER,
  PeerLimits,
} from "../../../node-agent/src/p2p/peer-limits.ts";
import { FakeClock } from "../support/fake-clock.ts";

describe("PeerLimits", () => {
  it(`lets one client have ${MAX_STREAMS_PER_PEER} streams, and the gateway more`, () => {
    const limits = new PeerLimits(new FakeClock());
    const leave = Array.from({ length: MAX_STREAMS_PER_PEER }, () => limits.enter("a", false));
    expect(waitOf(limits)).to.equal(1);
    limits.enter("b", false);
    leave[0]?.();
    leave[0]?.();
    limits.enter("a", false);
    expect(() => limits.enter("a", false)).to.throw(ProtocolError);
    for (let at = 0; at <= MAX_STREAMS_PER_PEER; at += 1) limits.enter("gateway", true);
  });

  it(`lets one client ask ${MAX_REQUESTS_PER_WINDOW} times a minute`, () => {
    const clock = new FakeClock();
    const limits = new PeerLimits(clock);
    for (let at = 0; at < MAX_REQUESTS_PER_WINDOW; at += 1) limits.enter("a", false)();
    expect(waitOf(limits)).to.equal(60);
    clock.move(47_500);
    expect(waitOf(limits), "what is left of the minute").to.equal(13);
    clock.move(12_499);
    expect(waitOf(limits)).to.equal(1);
    clock.move(1);
    limits.enter("a", false);
  });

  it(`counts ${MAX_PEERS} clients, and forgets those that went away`, () => {
    const clock = new FakeClock();
    const limits = new PeerLimits(clock);
    for (let at = 0; at < MAX_PEERS; at += 1) limits.enter(`peer ${at}`, false)();
    expect(() => limits.enter("one more", false)).to.throw(ProtocolError, "too many clients");
    clock.move(60_000);
    limits.enter("one more", false);
  });

  /** Seconds that a refusal tells. */
  function waitOf(limits: PeerLimits): unknown {
    try {
      limits.enter("a", false);
    } catch (error) {
      if (error instanceof ProtocolError && error.code === "RATE_LIMITED")
        return error.details["retryAfterSeconds"];
    }
    return undefined;
  }
});
