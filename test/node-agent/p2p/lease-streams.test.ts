import { expect } from "chai";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  LeaseStreams,
  MAX_CONNECTS,
  MAX_CONNECTS_PER_LEASE,
} from "../../../node-agent/src/p2p/lease-streams.ts";
import { hashOf } from "../support/builders.ts";

describe("LeaseStreams", () => {
  it(`lets one lease have ${MAX_CONNECTS_PER_LEASE} connections, and gives a place back once`, () => {
    const streams = new LeaseStreams();
    const leave = Array.from({ length: MAX_CONNECTS_PER_LEASE }, () => streams.enter(hashOf("a")));
    expect(() => streams.enter(hashOf("a"))).to.throw(ProtocolError, "private connections");
    streams.enter(hashOf("b"));
    leave[0]?.();
    leave[0]?.();
    streams.enter(hashOf("a"));
    expect(() => streams.enter(hashOf("a"))).to.throw(ProtocolError);
  });

  it(`lets a node have ${MAX_CONNECTS}`, () => {
    const streams = new LeaseStreams();
    for (let at = 0; at < MAX_CONNECTS; at += 1) streams.enter(hashOf(`lease ${at % 50}`));
    expect(() => streams.enter(hashOf("one more"))).to.throw(ProtocolError, "too many");
  });
});
