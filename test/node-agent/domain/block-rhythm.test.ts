import { expect } from "chai";
import { BlockRhythm } from "../../../node-agent/src/domain/block-rhythm.ts";

const START_S = 1_800_000_000;

describe("BlockRhythm", () => {
  it("asks a chain of 2 s little more than once for each block, and sees it soon", () => {
    const { polls, late } = watch((block) => 2 * block, 200);
    expect(polls).to.be.below(1.3 * 200);
    // It finds the moment in half a minute or so.
    expect(Math.max(...late.slice(40))).to.be.below(250);
  });

  it("asks a chain of 12 s less often than each second, and sees a block in the second in which it is there", () => {
    const { polls, late } = watch((block) => 12 * block, 100);
    expect(polls).to.be.below(9 * 100);
    expect(Math.max(...late.slice(5))).to.be.below(1_000);
  });

  it("asks each second where blocks come faster, at will, or not any more", () => {
    const atWill = (block: number): number => 3 * block + (block % 3 === 1 ? 1 : 0);
    for (const at of [(block: number) => block / 4, (block: number) => block, atWill]) {
      const { waits } = watch(at, 40);
      expect(new Set(waits)).to.deep.equal(new Set([1_000]));
    }
    const rhythm = new BlockRhythm();
    for (const block of [1, 2, 3]) rhythm.note(seen(block, 2 * block, 2_000 * block));
    expect(rhythm.waitMs(8_500)).to.equal(200);
    expect(rhythm.waitMs(20_000)).to.equal(1_000);
  });

  it("begins anew after a block that replaces another, and where a clock was set", () => {
    const rhythm = new BlockRhythm();
    for (const block of [1, 2, 3]) rhythm.note(seen(block, 2 * block, 2_000 * block));
    expect(rhythm.waitMs(6_000)).to.equal(1_960);
    expect(rhythm.waitMs(-50_000)).to.equal(2_000);
    rhythm.note(seen(3, 7, 6_500));
    expect(rhythm.waitMs(6_500)).to.equal(1_000);
  });

  /** A chain whose blocks are there at so many seconds, watched from a moment in the middle of nowhere. */
  function watch(at: (block: number) => number, blocks: number) {
    const rhythm = new BlockRhythm();
    const [waits, late]: [number[], number[]] = [[], []];
    let [now, polls, last] = [733, 0, 0];
    while (last < blocks) {
      polls += 1;
      const head = headAt(at, now);
      if (head > last) {
        late.push(now - 1_000 * at(head));
        rhythm.note(seen(head, Math.floor(at(head)), now));
      }
      last = head;
      waits.push(rhythm.waitMs(now));
      now += waits.at(-1) ?? 0;
    }
    return { polls, late, waits };
  }

  function headAt(at: (block: number) => number, nowMs: number): number {
    let head = 0;
    while (1_000 * at(head + 1) <= nowMs) head += 1;
    return head;
  }

  function seen(block: number, seconds: number, atMs: number) {
    return { number: BigInt(block), timestamp: BigInt(START_S + seconds), atMs };
  }
});
