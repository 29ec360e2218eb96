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

  it("lets the window of a long way grow, and that of a short one not", async () => {
    for (const [rttMs, least, most] of [
      [100, 1_024 * KIB, 4_096 * KIB],
      [0.2, 256 * KIB, 256 * KIB],
    ] as const) {
      const { pair, open } = muxWorld();
      pair.node.tick();
      pair.runTasks();
      pair.now += rttMs;
      await pair.settle();
      const { near, far } = open();
      await pair.settle();
      listenTo(far());
      for (let turn = 0; turn < 100; turn += 1) {
        near.send(Buffer.alloc(256 * KIB));
        pair.now += rttMs / 10;
        await pair.settle();
      }
      far().pause();
      near.send(Buffer.alloc(8_192 * KIB));
      await pair.settle();
      expect(far().readBufferLength, `${rttMs} ms`).to.be.within(least, most);
    }
  });

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
});
