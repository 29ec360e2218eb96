import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { MachineMeter } from "../../../node-agent/src/capacity/machine-meter.ts";
import { measureDisk, TRIAL_FILE } from "../../../node-agent/src/capacity/measure-disk.ts";
import { measurementSchema, WORKLOAD } from "../../../node-agent/src/domain/measurement.ts";
import { codeOf } from "../../support/code-of.ts";
import { cardsOf } from "../support/gpu-reports.ts";

const never = new AbortController().signal;
/** Of the CPU: each thread computes the work load once at least. */
const SECONDS = 0.1;

describe("the measurement of this machine", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "fizz-meter-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("finds what is there, works it, and leaves nothing behind", async () => {
    // What an agent that was killed left.
    writeFileSync(join(folder, TRIAL_FILE), "left");
    const measured = await meter().measure(never);
    expect(measurementSchema.parse(measured)).to.deep.equal(measured);
    expect(measured).to.deep.include({ workload: WORKLOAD, at: 7, agentVersion: "1.2.3" });
    const { cpu, memory, disk, gpus } = measured;
    expect(cpu.milliCpu <= cpu.threads * 1_000 && cpu.milliCpu > 0, JSON.stringify(cpu)).to.equal(true);
    for (const figure of [cpu.alone, cpu.together, cpu.gotMilliCpu, memory.freeMiB, disk.freeMiB])
      expect(figure).to.be.greaterThan(0);
    expect(memory.freeMiB).to.be.at.most(memory.totalMiB);
    expect(disk.freeMiB).to.be.at.most(disk.totalMiB);
    expect(disk.speed?.writtenMiB).to.be.within(8, 256);
    expect(disk.speed?.readsPerSecond).to.be.greaterThan(0);
    expect(gpus).to.deep.equal([{ model: 48, count: 2 }]);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it("tells a machine whose driver does not answer from one without cards", async () => {
    expect((await meter("broken").facts(never)).gpus).to.equal(null);
    expect((await meter("none").facts(never)).gpus).to.deep.equal([]);
  });

  it("does not try a disk that is nearly full", async () => {
    expect(await measureDisk(folder, 300, never)).to.equal(null);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it("ends with a code where it is told to, and where there is no folder", async () => {
    expect(await codeOf(meter().measure(AbortSignal.abort()))).to.equal("CAPACITY_UNMEASURED");
    const nowhere = join(folder, "nowhere");
    expect(await codeOf(measureDisk(nowhere, 100_000, never))).to.equal("CAPACITY_UNMEASURED");
    expect(await codeOf(measureDisk(folder, 100_000, AbortSignal.abort()))).to.equal("CAPACITY_UNMEASURED");
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  function meter(cards: "rtx4090Pair" | "none" | "broken" = "rtx4090Pair"): MachineMeter {
    const read = async () =>
      cards === "broken"
        ? await Promise.reject(new Error("no driver"))
        : await Promise.resolve(cardsOf(cards));
    const components = { gpus: { read }, clock: { now: () => 7 } };
    return new MachineMeter(components, { dataDir: folder, agentVersion: "1.2.3", seconds: SECONDS });
  }
});
