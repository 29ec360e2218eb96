import { expect } from "chai";
import {
  cpuTierOf,
  MAX_MEASUREMENT_AGE_MS,
  measurementSchema,
  overclaimsOf,
  overclaimText,
  scoreOf,
  staleness,
  wasDisturbed,
} from "../../../node-agent/src/domain/measurement.ts";
import { sampleMeasurement } from "../support/measurements.ts";

const CLAIM = { milliCpu: 4_000, memoryMiB: 8_192, storageGiB: 100, gpuUnits: 0, gpuModel: 0 };

describe("a measurement", () => {
  it("rates by what each thread does while all compute", () => {
    const measured = sampleMeasurement();
    expect([scoreOf(measured), cpuTierOf(measured)?.id]).to.deep.equal([200, "medium-1"]);
    const slow = sampleMeasurement({ cpu: { ...measured.cpu, together: 499_999 } });
    expect([scoreOf(slow), cpuTierOf(slow)?.id]).to.deep.equal([99, "low-2"]);
  });

  it("is read back from what is kept, and from nothing else", () => {
    const measured = sampleMeasurement();
    expect(measurementSchema.parse(JSON.parse(JSON.stringify(measured)))).to.deep.equal(measured);
    for (const wrong of [
      { ...measured, at: -1 },
      { ...measured, more: 1 },
      { ...measured, cpu: {} },
    ])
      expect(measurementSchema.safeParse(wrong).success).to.equal(false);
  });

  it("was disturbed when the threads got less than nine tenths of what the process can have", () => {
    const { cpu } = sampleMeasurement();
    const disturbed = (changes: Partial<typeof cpu>) =>
      wasDisturbed(sampleMeasurement({ cpu: { ...cpu, ...changes } }));
    expect([3_600, 3_599].map((gotMilliCpu) => disturbed({ gotMilliCpu }))).to.deep.equal([false, true]);
    // A machine with more threads than are worked at once.
    expect(disturbed({ milliCpu: 512_000, threads: 256, gotMilliCpu: 250_000 })).to.equal(false);
  });

  it("holds for thirty days, for the CPU that it is of, and for as much of it", () => {
    const measured = sampleMeasurement();
    const { at, cpu } = measured;
    expect(staleness(measured, measured, at + MAX_MEASUREMENT_AGE_MS)).to.equal(undefined);
    expect(staleness(measured, measured, at + MAX_MEASUREMENT_AGE_MS + 1)).to.include("30 days");
    expect(staleness(measured, { cpu: { ...cpu, cpuModel: "other" } }, at)).to.include("AMD EPYC 7B13");
    expect(staleness(measured, { cpu: { ...cpu, milliCpu: 1_500 } }, at)).to.include(
      "4 CPU then, and now 1.5",
    );
    expect(staleness({ ...measured, workload: 0 }, measured, at)).to.include("work load");
  });
});

describe("a claim above what was measured", () => {
  it("is told with each figure, and what is just there is none", () => {
    expect(overclaimsOf(CLAIM, sampleMeasurement())).to.deep.equal([]);
    const more = { milliCpu: 4_001, memoryMiB: 8_193, storageGiB: 101, gpuUnits: 1, gpuModel: 48 };
    const found = overclaimsOf(more, sampleMeasurement());
    expect(found.map(({ what }) => what)).to.deep.equal(["cpu", "memory", "storage", "gpu"]);
    expect(overclaimText(found)).to.equal(
      "cpu 4.001 where 4 were measured; memory 8193Mi where 8192Mi were measured; " +
        "storage 101Gi where 100Gi were measured; gpu 1 where 0 were measured",
    );
  });

  it("counts cards of the claimed model alone", () => {
    const gpus = [
      { model: 48, count: 2 },
      { model: 50, count: 8 },
    ];
    const above = (gpuUnits: number) =>
      overclaimsOf({ ...CLAIM, gpuUnits, gpuModel: 48 }, sampleMeasurement({ gpus })).length;
    expect([2, 3].map(above)).to.deep.equal([0, 1]);
  });
});
