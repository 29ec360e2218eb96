import { type Machine } from "@fizz/protocol/messages";

/** A node's machine, for tests that do not care which. */
export function machine(changes: Partial<Machine> = {}): Machine {
  return {
    cpuModel: "Intel Xeon",
    architecture: "x64",
    bandwidthMbps: 100,
    gpuMemoryMiB: null,
    gpuInterface: null,
    ...changes,
  };
}
