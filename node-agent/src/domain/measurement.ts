import { type ResourceVector } from "@fizz/protocol/manifest";
import { cpuScoreOf, measuredCpuTier, type PerformanceTier } from "@fizz/protocol/tiers";
import { z } from "zod";

const whole = z.number().int().min(0);
const name = z.string().max(200);

/**
 * What was measured of a machine, as the state keeps it. Rates of the CPU are labels of the work load in a second of
 * processor time, so that what else ran meanwhile changes `gotMilliCpu` alone.
 */
export const measurementSchema = z.strictObject({
  /** Of the work load: figures of another one say nothing. */
  workload: whole,
  /** Unix milliseconds. */
  at: whole,
  agentVersion: z.string().max(40),
  cpu: z.strictObject({
    cpuModel: name,
    architecture: name,
    /** That computed at once. */
    threads: whole.min(1),
    /** Thousandths of a CPU that the process can have. */
    milliCpu: whole,
    /** Of one thread, alone. */
    alone: whole,
    /** Of each thread, when all compute. */
    together: whole,
    /** Thousandths of a CPU that they got then. */
    gotMilliCpu: whole,
  }),
  memory: z.strictObject({ totalMiB: whole, freeMiB: whole }),
  disk: z.strictObject({
    totalMiB: whole,
    freeMiB: whole,
    /** Null where too little is free to try. */
    speed: z
      .strictObject({
        writtenMiB: whole,
        /** In sequence, each step flushed to the disk. */
        writeMiBPerSecond: whole,
        /** Of 4 KiB, at random places, one after the other. */
        readsPerSecond: whole,
        /** The file system cannot pass by its cache: the reads say nothing of the disk. */
        isCached: z.boolean(),
      })
      .nullable(),
  }),
  /** Whole cards by model; null where no driver answers. */
  gpus: z
    .array(z.strictObject({ model: whole, count: whole }))
    .max(64)
    .nullable(),
});
export type Measurement = z.infer<typeof measurementSchema>;

/** What is there by the word of kernel and driver: of a measurement, or of this moment. */
export interface MachineFacts {
  readonly cpu: Pick<Measurement["cpu"], "cpuModel" | "architecture" | "threads" | "milliCpu">;
  readonly memory: Measurement["memory"];
  readonly disk: Pick<Measurement["disk"], "totalMiB" | "freeMiB">;
  readonly gpus: Measurement["gpus"];
}

/** A claim and what was measured, of what is claimed too high. */
export interface Overclaim {
  readonly what: "cpu" | "memory" | "storage" | "gpu";
  readonly claimed: number;
  readonly measured: number;
  readonly unit: string;
}

/** The work load of this agent: 2^18 labels of the CPU chain a pass, window of 2 MiB, a fixed seed. */
export const WORKLOAD = 1;
/** A machine changes: an older measurement is made anew. */
export const MAX_MEASUREMENT_AGE_MS = 30 * 86_400_000;
/** Share of what a process can have, below which something else ran meanwhile. */
const QUIET_SHARE = 0.9;
const MILLI = 1_000;
const MIB_PER_GIB = 1_024;

/** Percent of the reference, of one thread while all compute. */
export function scoreOf({ cpu }: Measurement): number {
  return cpuScoreOf(cpu.together);
}

/** Undefined where the published table has no class for the CPU. */
export function cpuTierOf(measured: Measurement): PerformanceTier | undefined {
  return measuredCpuTier(measured.cpu, scoreOf(measured));
}

/** Whether the threads got less than the process can have: others ran, or the machine is shared. */
export function wasDisturbed({ cpu }: Measurement): boolean {
  return cpu.gotMilliCpu < Math.min(cpu.milliCpu, cpu.threads * MILLI) * QUIET_SHARE;
}

/**
 * Why a measurement does not tell of this machine any more; undefined when it does.
 *
 * @param now Unix milliseconds.
 */
export function staleness(
  measured: Measurement,
  { cpu: has }: Pick<MachineFacts, "cpu">,
  now: number,
): string | undefined {
  const { cpu, at, workload } = measured;
  if (workload !== WORKLOAD) return "another work load was measured";
  if (now - at > MAX_MEASUREMENT_AGE_MS) return "it is older than 30 days";
  if (cpu.cpuModel !== has.cpuModel) return `it is of another CPU, ${cpu.cpuModel}`;
  if (cpu.milliCpu !== has.milliCpu)
    return `there were ${cpu.milliCpu / MILLI} CPU then, and now ${has.milliCpu / MILLI}`;
  return undefined;
}

/** What of a claim the machine does not have. Storage counts by the whole file system: what leases have on it is not free. */
export function overclaimsOf(claim: ResourceVector, { cpu, memory, disk, gpus }: MachineFacts): Overclaim[] {
  const cards = gpus?.find(({ model }) => model === claim.gpuModel)?.count ?? 0;
  const rows: readonly Overclaim[] = [
    { what: "cpu", claimed: claim.milliCpu / MILLI, measured: cpu.milliCpu / MILLI, unit: "" },
    { what: "memory", claimed: claim.memoryMiB, measured: memory.totalMiB, unit: "Mi" },
    {
      what: "storage",
      claimed: claim.storageGiB,
      measured: Math.floor(disk.totalMiB / MIB_PER_GIB),
      unit: "Gi",
    },
    { what: "gpu", claimed: claim.gpuUnits, measured: cards, unit: "" },
  ];
  return rows.filter(({ claimed, measured }) => claimed > measured);
}

/** @example overclaimText(found) // "cpu 8 where 2 were measured; memory 64000Mi where 24105Mi were measured" */
export function overclaimText(found: readonly Overclaim[]): string {
  return found
    .map(
      ({ what, claimed, measured, unit }) =>
        `${what} ${claimed}${unit} where ${measured}${unit} were measured`,
    )
    .join("; ");
}
