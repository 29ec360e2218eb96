import { ProtocolError } from "@fizz/protocol/errors";
import { type OpenRequest } from "@fizz/protocol/streams";
import { expect } from "chai";
import { framesTo, KIB, listenTo, muxWorld, targetOf } from "../../../support/mux-world.ts";

const PONG = 9;
/** The first number that asks for answers alone. */
const QUIET_PING = 2 ** 31;

describe("mux", () => {
  it("sends bytes with the opening, before the node has answered", async () => {
    const requests: OpenRequest[] = [];
    const { pair, open } = muxWorld({ onOpen: (request) => requests.push(request) });
    const { near } = open();
    near.send(Buffer.from("early"));
    void near.close();
    await pair.settle();
    const heard = listenTo(requests[0]?.stream);
    await Promise.resolve();
    expect(requests[0]?.target).to.deep.equal(targetOf());
    expect([heard.text(), heard.events]).to.deep.equal(["early", ["end"]]);
  });

  it("ends each direction on its own", async () => {
    const { pair, open } = muxWorld();
    const { near, far } = open();
    const nearHeard = listenTo(near);
    await pair.settle();
    const farHeard = listenTo(far());
    void near.close();
    await pair.settle();
    expect(farHeard.events).to.deep.equal(["end"]);
    far().send(Buffer.from("still here"));
    void far().close();
    await pair.settle();
    expect([nearHeard.text(), nearHeard.events, farHeard.events]).to.deep.equal([
      "still here",
      ["end", "close"],
      ["end", "close"],
    ]);
    expect([pair.gateway.channelCount, pair.node.channelCount]).to.deep.equal([0, 0]);
  });

  it("tells the other side of an abort, whichever side it is", async () => {
    for (const side of ["near", "far"] as const) {
      const { pair, open } = muxWorld();
      const { near, far } = open();
      await pair.settle();
      const [mine, theirs] = side === "near" ? [near, far()] : [far(), near];
      const heard = [listenTo(mine), listenTo(theirs)];
      mine.send(Buffer.from("lost"));
      mine.abort(new TypeError("enough"));
      await pair.settle();
      expect(heard.map(({ events }) => events)).to.deep.equal([["close!"], ["close!"]]);
      expect([mine.status, theirs.status]).to.deep.equal(["aborted", "reset"]);
      expect([pair.gateway.channelCount, pair.node.channelCount]).to.deep.equal([0, 0]);
    }
  });

  it("closes a refused channel with the node's own code, bytes or none", async () => {
    for (const early of [true, false]) {
      const { pair, open } = muxWorld({
        onOpen: ({ refuse }) => {
          refuse(
            new ProtocolError("SERVICE_UNREACHABLE", "none", { details: { long: "x".repeat(20 * KIB) } }),
          );
        },
      });
      const { near, answers } = open();
      const heard = listenTo(near);
      if (early) near.send(Buffer.alloc(100_000));
      await pair.settle();
      expect([answers, heard.events.at(-1)]).to.deep.equal([["SERVICE_UNREACHABLE"], "close!"]);
      expect([pair.gateway.channelCount, pair.node.channelCount, pair.ended]).to.deep.equal([0, 0, {}]);
    }
  });

  it("carries so many channels, and so many that are being opened", async () => {
    const { open, pair } = muxWorld({
      maxChannels: 3,
      maxOpening: 2,
      onOpen: ({ accept }) => {
        accept();
      },
    });
    open();
    open();
    expect(() => open())
      .to.throw(ProtocolError)
      .with.property("code", "LIMIT_REACHED");
    await pair.settle();
    const { near } = open();
    await pair.settle();
    expect(() => open())
      .to.throw(ProtocolError)
      .with.property("code", "LIMIT_REACHED");
    near.abort(new TypeError("done"));
    await pair.settle();
    open();
  });

  it("gives up what the node does not answer within 10 s", async () => {
    const { open, pair } = muxWorld({ onOpen: () => undefined });
    const { near, answers } = open();
    await pair.settle();
    pair.now = 9_999;
    pair.gateway.tick();
    expect(near.status).to.equal("open");
    pair.now = 10_000;
    pair.gateway.tick();
    expect([near.status, answers.length]).to.deep.equal(["aborted", 1]);
    await pair.settle();
    expect([pair.gateway.channelCount, pair.node.channelCount]).to.deep.equal([0, 0]);
  });

  it("notices within 8 ticks of a second that a node is gone, and not while it answers", async () => {
    const { pair, open } = muxWorld();
    const { near } = open();
    const heard = listenTo(near);
    for (let tick = 0; tick < 60; tick += 1) {
      pair.now += 1_000;
      pair.gateway.tick();
      pair.node.tick();
      await pair.settle();
    }
    expect([pair.ended, pair.gateway.rttMs]).to.deep.equal([{}, 0]);
    near.send(Buffer.from("x"));
    pair.node.tick();
    await pair.settle();
    let ticks = 0;
    for (; pair.ended.gateway === undefined; ticks += 1) pair.gateway.tick();
    // The last answer came up to 5 ticks ago.
    expect(ticks).to.be.within(2, 8);
    expect(pair.ended.gateway.code).to.equal("TIMEOUT");
    expect(heard.events.at(-1)).to.equal("close!");
  });

  it("is heard from a node every 5 s, and asks it every 10", async () => {
    const { pair } = muxWorld();
    const asked: number[] = [];
    const told: number[] = [];
    for (let second = 0; second < 60; second += 1) {
      pair.now += 1_000;
      pair.gateway.tick();
      pair.node.tick();
      pair.runTasks();
      if (pair.toNode.length > 0) asked.push(second);
      if (pair.toGateway.length > 0) told.push(second);
      await pair.settle();
    }
    expect(asked).to.deep.equal([0, 10, 20, 30, 40, 50]);
    expect(told.length).to.be.within(6, 12);
    expect(Math.max(...told.map((second, index) => second - (told[index - 1] ?? 0)))).to.be.at.most(10);
    expect([pair.ended, pair.gateway.rttMs]).to.deep.equal([{}, 0]);
  });

  it("hears answers alone from a node that nobody depends on, every 30 s, and notices in 40 s that it stands still", async () => {
    const { pair } = muxWorld();
    const asked: number[] = [];
    const unasked: number[] = [];
    for (let second = 0; second < 120; second += 1) {
      pair.now += 1_000;
      if (second % 5 === 0) pair.gateway.tick(true);
      pair.runTasks();
      if (pair.toNode.length > 0) asked.push(second);
      await pair.settle();
      pair.node.tick();
      pair.runTasks();
      if (pair.toGateway.length > 0) unasked.push(second);
      await pair.settle();
    }
    expect([pair.ended, pair.gateway.rttMs, unasked]).to.deep.equal([{}, 0, []]);
    expect(asked).to.deep.equal([0, 30, 60, 90]);
    let seconds = 0;
    for (; pair.ended.gateway === undefined; seconds += 5) pair.gateway.tick(true);
    expect(seconds).to.be.within(10, 40);
  });

  it("pings every 15 s one that nobody depends on, and that says PONG unasked all the same", async () => {
    const { pair } = muxWorld();
    const frames = framesTo(pair.gateway);
    const asked: number[] = [];
    for (let second = 0; second < 120; second += 1) {
      pair.now += 1_000;
      if (second % 5 === 0) pair.gateway.tick(true);
      pair.runTasks();
      if (pair.toNode.length > 0) asked.push(second);
      await pair.settle();
      // It repeats the number of the last ping.
      if (second % 5 === 3) frames.push(PONG, QUIET_PING + asked.length);
    }
    expect([asked, pair.ended]).to.deep.equal([[0, 10, 25, 40, 55, 70, 85, 100, 115], {}]);
  });

  it("lets a gateway that pings a node nobody depends on stand still for 29 s, and gives it up after 61 ticks", async () => {
    const { pair } = muxWorld();
    pair.gateway.tick(true);
    await pair.settle();
    for (let second = 0; second < 59; second += 1) pair.node.tick();
    pair.now += 59_000;
    pair.gateway.tick(true);
    await pair.settle();
    expect(pair.ended).to.deep.equal({});
    let ticks = 0;
    for (; pair.ended.node === undefined; ticks += 1) pair.node.tick();
    expect(ticks).to.be.within(59, 61);
  });

  it("asks a node at once that somebody depends on again, and hears from it every 5 s", async () => {
    const { pair } = muxWorld();
    const unasked: number[] = [];
    for (let second = 0; second < 60; second += 1) {
      pair.now += 1_000;
      // Its last sign of life is 14 ticks ago: longer than it may be silent from now on.
      if (second >= 14) pair.gateway.tick();
      else if (second % 5 === 0) pair.gateway.tick(true);
      pair.runTasks();
      if (second === 14) expect(pair.toNode.length).to.be.above(0);
      await pair.settle();
      pair.node.tick();
      pair.runTasks();
      if (pair.toGateway.length > 0) unasked.push(second);
      await pair.settle();
    }
    expect(pair.ended).to.deep.equal({});
    expect(unasked[0]).to.equal(18);
    let ticks = 0;
    for (; pair.ended.gateway === undefined; ticks += 1) pair.gateway.tick();
    expect(ticks).to.be.within(2, 8);
  });

  it("tells a node at once that nobody depends on it any more", async () => {
    const { pair } = muxWorld();
    pair.gateway.tick();
    await pair.settle();
    pair.gateway.tick(true);
    await pair.settle();
    for (let second = 0; second < 15; second += 1) pair.node.tick();
    pair.runTasks();
    expect(pair.toGateway.length).to.equal(0);
  });

  it("lets a gateway stand still for 9 s, and gives it up after 21 ticks", async () => {
    const { pair } = muxWorld();
    pair.gateway.tick();
    await pair.settle();
    // Its next ping was due 9 s ago.
    for (let second = 0; second < 19; second += 1) pair.node.tick();
    pair.now += 19_000;
    pair.gateway.tick();
    await pair.settle();
    expect(pair.ended).to.deep.equal({});
    let ticks = 0;
    for (; pair.ended.node === undefined; ticks += 1) pair.node.tick();
    expect(ticks).to.be.within(19, 21);
    expect(pair.ended.node.code).to.equal("TIMEOUT");
  });

  it("keeps a link to a gateway that is so busy that its ticks come every 1.6 s", async () => {
    const { pair } = muxWorld();
    for (let tenths = 1; tenths <= 600; tenths += 1) {
      pair.now += 100;
      if (tenths % 16 === 0) pair.gateway.tick();
      if (tenths % 10 === 0) pair.node.tick();
      await pair.settle();
    }
    expect(pair.ended).to.deep.equal({});
  });

  it("closes every channel when the link is gone, and opens none", async () => {
    const { pair, open } = muxWorld();
    const { near, answers } = open();
    const heard = listenTo(near);
    pair.gateway.onLinkEnd();
    pair.gateway.onLinkEnd();
    await near.close();
    expect([heard.events, answers]).to.deep.equal([["close!"], ["STREAM_CLOSED"]]);
    expect(() => open())
      .to.throw(ProtocolError)
      .with.property("code", "STREAM_CLOSED");
    expect(() => near.send(Buffer.from("x")))
      .to.throw(ProtocolError)
      .with.property("code", "STREAM_CLOSED");
  });
});
