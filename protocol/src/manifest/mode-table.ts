import { type Mode } from "./types.ts";

/** What a mode offers. This table is the rule; docs and validator read it. */
export interface ModeRules {
  /** Ports that may stand nowhere in `expose`. */
  readonly refusedPorts: readonly number[];
  /** Most that all services times `count` may take together; null for no limit but the node's own. */
  readonly limits: {
    readonly milliCpu: number;
    readonly memoryBytes: bigint;
    readonly storageBytes: bigint;
    readonly gpuUnits: number;
  } | null;
  readonly sharedMemory: boolean;
  readonly persistentVolumes: boolean;
  readonly portRange: boolean;
  readonly usePublicPort: boolean;
  readonly customHosts: boolean;
  readonly httpOptions: boolean;
  readonly leasedIp: boolean;
  readonly appleChips: boolean;
  readonly requiredVram: boolean;
  readonly bandwidth: boolean;
  readonly fizzSelection: boolean;
}

const GIB = 1_024n ** 3n;

export const modeTable: Readonly<Record<Mode, ModeRules>> = {
  fizz: {
    refusedPorts: [80, 443],
    limits: { milliCpu: 32_000, memoryBytes: 128n * GIB, storageBytes: 2_000n * GIB, gpuUnits: 1 },
    sharedMemory: false,
    persistentVolumes: false,
    portRange: true,
    usePublicPort: true,
    customHosts: false,
    httpOptions: false,
    leasedIp: false,
    appleChips: true,
    requiredVram: true,
    bandwidth: true,
    fizzSelection: true,
  },
  provider: {
    refusedPorts: [],
    limits: null,
    sharedMemory: true,
    persistentVolumes: true,
    portRange: false,
    usePublicPort: true,
    customHosts: true,
    httpOptions: true,
    leasedIp: true,
    appleChips: false,
    requiredVram: false,
    bandwidth: false,
    fizzSelection: false,
  },
};
