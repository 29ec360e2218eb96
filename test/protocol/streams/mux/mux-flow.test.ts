import { expect } from "chai";
import { BUSY_LEASE, CALM_LEASE, KIB, listenTo, muxWorld } from "../../../support/mux-world.ts";

describe("mux: credit and turns", () => {
  it("holds a sender back at 256 KiB while nobody reads, and then delivers everything", async () => {
    const { pair, open } = muxWorld();
    const { near, far } = open();
    await pair.settle();
    const heard = listenTo(far());
    far().pause();
    let isWilling = true;
    for (let sent = 0; isWilling && sent < 4_096 * KIB; sent += 16 * KIB)
      isWilling = near.send(Buffer.alloc(16 * KIB));
    expect(near.writeBufferLength).to.equal(128 * KIB);
    await pair.settle();
    expect([near.writeBufferLength, far().readBufferLength]).to.deep.equal([0, 128 * KIB]);
    near.send(Buffer.alloc(1_024 * KIB));
    await pair.settle();
    expect([near.writeBufferLength, far().readBufferLength]).to.deep.equal([896 * KIB, 256 * KIB]);
    expect(near.writableNeedsDrain).to.equal(true);
    const nearHeard = listenTo(near);
    far().resume();
    await pair.settle();
    expect(heard.length()).to.equal(1_152 * KIB);
    expect(nearHeard.events).to.deep.equal(["drain", "idle"]);
  });

  it("keeps what waits for a slow reader in as little memory as it is, however it came", async () => {
    const { pair, open } = muxWorld();
    const { near, far } = open();
    await pair.settle();
    const stream = far();
    for (let sent = 0; sent < 20_000; sent += 1) {
      near.send(Buffer.from("x"));
      if (sent % 10 === 0) await pair.settle();
    }
    await pair.settle();
    const pieces: Uint8Array[] = [];
    stream.addEventListener("message", ({ data }) =>
      pieces.push(...(data instanceof Uint8Array ? [data] : data)),
    );
    await Promise.resolve();
    const held = new Set(pieces.map(({ buffer }) => buffer));
    const bytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect([pieces.reduce((sum, { length }) => sum + length, 0), bytes <= 24 * KIB]).to.deep.equal([
      20_000,
      true,
    ]);
  });

  it("lets a window grow while that lets more through, and only then", async () => {
    const rows = [
      // Bytes per millisecond that arrive with a window: a long way, and a short one.
      { way: "long", rateOf: (window: number) => window / 100, least: 1_024 * KIB, most: 4_096 * KIB },
      { way: "short", rateOf: () => 40 * KIB, least: 128 * KIB, most: 512 * KIB },
    ];
    for (const { way, rateOf, least, most } of rows) {
      const { pair, open } = muxWorld();
      const { near, far } = open();
      await pair.settle();
      listenTo(far());
      let sent = 0;
      // All is read: up to half a window of it may not be granted again yet.
      const granted = (): number => 256 * KIB + pair.credit - sent;
      while (sent < 60_000 * KIB) {
        near.send(Buffer.alloc(128 * KIB));
        sent += 128 * KIB;
        pair.now += (128 * KIB) / rateOf(granted());
        await pair.settle();
      }
      expect(granted(), way).to.be.within(least, most);
    }
  }).timeout(30_000);

  it("sends a small piece of one lease after at most one batch, however much another has waiting", async () => {
    const { pair, open } = muxWorld({ capacity: 0 });
    const greedy = Array.from({ length: 8 }, () => open(BUSY_LEASE));
    const calm = open(CALM_LEASE);
    await pair.settle();
    const heard = listenTo(calm.far());
    const heardOfOthers = greedy.map(({ far }) => listenTo(far()));
    for (const { near } of greedy)
      for (let count = 0; count < 4; count += 1) near.send(Buffer.alloc(64 * KIB));
    pair.runTasks();
    const ahead = pair.toNode.length;
    calm.near.send(Buffer.from("ping"));
    let carried = 0;
    while (heard.length() === 0) {
      pair.runTasks();
      pair.step(0, 8 * KIB);
      carried += 8 * KIB;
      await Promise.resolve();
    }
    expect(ahead).to.be.within(1, 130 * KIB);
    expect(carried - ahead).to.be.below(24 * KIB);
    await pair.settle();
    for (const other of heardOfOthers) expect(other.length()).to.equal(256 * KIB);
  });

  it("gives leases equal shares, whatever the number of their channels", async () => {
    const { pair, open } = muxWorld({ capacity: 0 });
    const many = Array.from({ length: 10 }, () => open(BUSY_LEASE));
    const one = open(CALM_LEASE);
    await pair.settle();
    const heardOfMany = many.map(({ far }) => listenTo(far()));
    const heardOfOne = listenTo(one.far());
    for (const { near } of [...many, one]) near.send(Buffer.alloc(250 * KIB));
    while (heardOfOne.length() < 250 * KIB) {
      pair.runTasks();
      pair.step(0, 16 * KIB);
      await Promise.resolve();
    }
    const others = heardOfMany.reduce((sum, heard) => sum + heard.length(), 0);
    expect(others).to.be.within(150 * KIB, 400 * KIB);
  });

  it("sends what many channels have before the turn is over, and waits for its end where they are few", async () => {
    for (const { channels, leaves } of [
      { channels: 16, leaves: false },
      { channels: 200, leaves: true },
    ]) {
      const { pair, open } = muxWorld();
      const opened = Array.from({ length: channels }, () => open());
      await pair.settle();
      const heard = opened.map(({ far }) => listenTo(far()));
      // Each is heard by a callback of the event loop of its own; no deferred task runs in between.
      for (const { near } of opened) {
        near.send(Buffer.from("question"));
        await Promise.resolve();
      }
      expect(pair.toNode.length > 0, `${channels} channels`).to.equal(leaves);
      await pair.settle();
      expect(heard.map(({ text }) => text())).to.deep.equal(opened.map(() => "question"));
    }
  });
});
