import { expect } from "chai";
import { type ContainerUsage, usageBetween } from "../../../node-agent/src/domain/usage.ts";

const HELD = { memoryBytes: 1, receivedBytes: 2, sentBytes: 3, readBytes: 4, writtenBytes: 5, pids: 6 };
const READING: ContainerUsage = { ...HELD, at: 10_000, cpuNanos: 5_000_000_000 };

describe("usageBetween", () => {
  const milliCpu = (before: Partial<ContainerUsage> | undefined): number | null =>
    usageBetween(before === undefined ? undefined : { ...READING, ...before }, READING).milliCpu;

  it("is CPU time by wall time, in thousandths of one CPU", () => {
    // Half a second of CPU time in one second; then two CPUs for half a second; then 1 ms in 3 s.
    expect(milliCpu({ at: 9_000, cpuNanos: 4_500_000_000 })).to.equal(500);
    expect(milliCpu({ at: 9_500, cpuNanos: 4_000_000_000 })).to.equal(2_000);
    expect(milliCpu({ at: 7_000, cpuNanos: 4_999_000_000 })).to.equal(0);
  });

  it("is not known without an interval, nor across a restart", () => {
    expect(milliCpu(undefined)).to.equal(null);
    expect(milliCpu({})).to.equal(null);
    expect(milliCpu({ at: 9_000, cpuNanos: 6_000_000_000 })).to.equal(null);
  });

  it("passes everything else on as it is", () => {
    expect(usageBetween(undefined, READING)).to.deep.equal({ ...HELD, milliCpu: null });
  });
});
