import { expect } from "chai";
import { inLanes } from "../../scripts/lib/in-lanes.ts";

describe("inLanes", () => {
  it("runs so many jobs at a time, begins them in their order, and answers in it", async () => {
    const began: number[] = [];
    const ends: (() => void)[] = [];
    const jobs = [0, 1, 2, 3].map((job) => async () => {
      began.push(job);
      await new Promise<void>((resolve) => (ends[job] = resolve));
      return `job ${job}`;
    });
    const answers = inLanes(2, jobs);
    expect(began).to.deep.equal([0, 1]);
    ends[1]?.();
    await turn();
    expect(began, "the free lane takes the next").to.deep.equal([0, 1, 2]);
    ends[2]?.();
    await turn();
    ends[3]?.();
    ends[0]?.();
    expect(await answers).to.deep.equal(["job 0", "job 1", "job 2", "job 3"]);
  });

  it("works with one lane at least, and with nothing to do", async () => {
    expect(await inLanes(0, [() => Promise.resolve(7)])).to.deep.equal([7]);
    expect(await inLanes(3, [])).to.deep.equal([]);
  });

  it("begins nothing after a failure, and throws it when what runs is over", async () => {
    const told: string[] = [];
    let end: () => void = () => undefined;
    const jobs = [
      async () => {
        await new Promise<void>((resolve) => (end = resolve));
        told.push("the other is over");
      },
      () => Promise.reject(new Error("it failed")),
      () => {
        told.push("never");
        return Promise.resolve();
      },
    ];
    const all = inLanes(2, jobs).catch((error: unknown) => told.push((error as Error).message));
    await turn();
    expect(told).to.deep.equal([]);
    end();
    await all;
    expect(told).to.deep.equal(["the other is over", "it failed"]);
  });
});

/** Lets everything go on that waits for nothing else. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
