import { expect } from "chai";
import { runSoak } from "../../bench/lib/soak/run-soak.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";

const SECONDS = 25;
/** Heaps are still finding their size in so short a time; half an hour of `npm run soak` is held to a tenth. */
const MAX_GROWTH = 0.3;

/** The short form of `npm run soak`. */
describe("the data plane under mixed traffic", function () {
  this.timeout(180_000);
  const cleanup = new Cleanup();
  after(() => cleanup.stop());

  it(`loses nothing and keeps nothing in ${SECONDS} s, while a node comes and goes`, async () => {
    const { path: dir } = cleanup.use("folder", await createTempDir("soak"));
    const context = { dir, signal: new AbortController().signal };
    const { done, failures } = await runSoak({ seconds: SECONDS, maxGrowth: MAX_GROWTH }, context, cleanup);
    expect(failures).to.deep.equal([]);
    for (const [name, count] of Object.entries(done)) expect(count, name).to.be.above(0);
    expect(Object.keys(done).length).to.equal(8);
  });
});
