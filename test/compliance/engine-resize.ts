import { expect } from "chai";
import { codeOf } from "../support/code-of.ts";
import { until } from "../support/until.ts";
import { type ConfinementInit } from "./engine-confinement.ts";

const MIB = 1024n * 1024n;
const TIMEOUT_MS = 30_000;
const signal = (): AbortSignal => AbortSignal.timeout(TIMEOUT_MS);

/** The part of the engine's suite that is about limits that change. A container begins with 250 mCPU and 32 MiB. */
export function testResize({ pair, created, lacks }: ConfinementInit): void {
  const withResize = lacks.includes("resize") ? it.skip : it;

  withResize("changes limits up and down while the container runs on, and tells them", async () => {
    const { find, start } = await created("sleep 1000");
    await start();
    const before = await find();
    expect(before.limits).to.deep.equal({ milliCpu: 250, memoryBytes: 32n * MIB });
    for (const limits of [
      { milliCpu: 500, memoryBytes: 64n * MIB },
      { milliCpu: 125, memoryBytes: 16n * MIB },
    ]) {
      await pair().own.resize(before.id, limits, signal());
      expect(await find()).to.deep.equal({ ...before, limits });
    }
  });

  it("changes limits of a container that does not run, and nothing of one that is gone", async () => {
    const { find, start } = await created("sleep 1000");
    const limits = { milliCpu: 100, memoryBytes: 16n * MIB };
    await pair().own.resize((await find()).id, limits, signal());
    await start();
    expect(await find()).to.deep.include({ state: "running", limits });
    await pair().own.resize("0".repeat(64), limits, signal());
  });

  withResize("refuses less memory than the container holds, and leaves it as it is", async () => {
    const { find, start } = await created("dd if=/dev/zero of=/dev/shm/held bs=1000000 count=20; sleep 1000");
    await start();
    const before = await find();
    await until(async () => (await held(before.id)) > 20_000_000, "the memory is held", TIMEOUT_MS);
    const limits = { milliCpu: 125, memoryBytes: 16n * MIB };
    expect(await codeOf(pair().own.resize(before.id, limits, signal()))).to.equal("RESOURCES_IN_USE");
    expect(await find()).to.deep.equal(before);
  });

  async function held(id: string): Promise<number> {
    for await (const { memoryBytes } of pair().own.usage(id, signal())) return memoryBytes;
    return 0;
  }
}
