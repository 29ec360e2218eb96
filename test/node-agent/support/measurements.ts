import { type Measurement, WORKLOAD } from "../../../node-agent/src/domain/measurement.ts";
import { type CapacityMeter } from "../../../node-agent/src/meter-ports.ts";

/** Of a machine with 4 threads, twice as fast as the reference. */
export function sampleMeasurement(changes: Partial<Measurement> = {}): Measurement {
  return {
    workload: WORKLOAD,
    at: Date.now(),
    agentVersion: "0.1.0",
    cpu: {
      ...{ cpuModel: "AMD EPYC 7B13", architecture: "x64", threads: 4, milliCpu: 4_000 },
      ...{ alone: 1_200_000, together: 1_000_000, gotMilliCpu: 3_900 },
    },
    memory: { totalMiB: 8_192, freeMiB: 6_000 },
    disk: {
      ...{ totalMiB: 102_400, freeMiB: 51_200 },
      speed: { writtenMiB: 256, writeMiBPerSecond: 500, readsPerSecond: 9_000, isCached: false },
    },
    gpus: null,
    ...changes,
  };
}

/** Finds the same each time, and counts how often it was worked. */
export class FixedMeter implements CapacityMeter {
  found: Measurement;
  works = 0;

  constructor(found: Measurement = sampleMeasurement()) {
    this.found = found;
  }

  async facts(): Promise<Measurement> {
    return await Promise.resolve(this.found);
  }

  async measure(): Promise<Measurement> {
    this.works += 1;
    return await Promise.resolve(this.found);
  }
}
