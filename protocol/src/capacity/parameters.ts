/** Labels of one segment, the unit that is committed, sampled, opened and re-executed. */
export const LABELS_PER_SEGMENT = 16;

export const LABEL_BYTES = 32;

export const SEGMENT_BYTES = LABELS_PER_SEGMENT * LABEL_BYTES;

/** Windows are whole blocks of this many labels, so that a prover keeps whole subtrees. */
export const LABELS_PER_BLOCK = 256;

/** Most threads that one answer may claim. */
export const MAX_THREADS = 1_024;

const LABELS_PER_MIB = 32_768;

/** Order and numbers as in `ICapacityRounds.Kind`. */
export const workKinds = ["cpu", "memory"] as const;
export type WorkKind = (typeof workKinds)[number];

/** How much work a round asks for, fixed when it opens. */
export interface Difficulty {
  /** Each thread's CPU chain has 2^cpuStepsLog2 labels. */
  readonly cpuStepsLog2: number;
  /** Each thread's memory chain has 2^memoryStepsLog2 labels. */
  readonly memoryStepsLog2: number;
  /** The CPU scratchpad has 2^cpuWindowLog2 labels of 32 bytes. */
  readonly cpuWindowLog2: number;
}

/** What CapacityRounds asks for: 2 MiB scratchpads, 2^25 + 2^26 labels a thread. */
export const STANDARD_DIFFICULTY: Difficulty = { cpuStepsLog2: 25, memoryStepsLog2: 26, cpuWindowLog2: 16 };

export interface Claim {
  readonly threads: number;
  readonly memoryMiB: number;
}

/** The chains of one kind that a claim stands for. */
export interface Work {
  readonly kind: WorkKind;
  /** One chain per claimed thread. */
  readonly lanes: number;
  /** Labels that a chain reads from: the last so many. */
  readonly windowLabels: number;
  /** Labels of a chain. */
  readonly stepsLog2: number;
  /** Siblings in the proof of a segment. */
  readonly depth: number;
}

/** Largest memory that one thread's chain can prove: half of its labels, so that it is filled once and rewritten once. */
export function maxMemoryMiB(threads: number, difficulty: Difficulty): number {
  return Math.floor((threads * 2 ** (difficulty.memoryStepsLog2 - 1)) / LABELS_PER_MIB);
}

/** Whether a claim stands for work at all: bounds of threads, at least one block of memory a thread, at most the most. */
export function isProvable(claim: Claim, difficulty: Difficulty): boolean {
  const { threads, memoryMiB } = claim;
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) return false;
  if (!Number.isInteger(memoryMiB) || memoryMiB * LABELS_PER_MIB < threads * LABELS_PER_BLOCK) return false;
  return memoryMiB <= maxMemoryMiB(threads, difficulty);
}

/** The chains of a provable claim. */
export function workOf(kind: WorkKind, claim: Claim, difficulty: Difficulty): Work {
  const stepsLog2 = kind === "cpu" ? difficulty.cpuStepsLog2 : difficulty.memoryStepsLog2;
  const windowLabels =
    kind === "cpu"
      ? 2 ** difficulty.cpuWindowLog2
      : Math.floor((claim.memoryMiB * LABELS_PER_MIB) / claim.threads / LABELS_PER_BLOCK) * LABELS_PER_BLOCK;
  const lanesLog2 = Math.ceil(Math.log2(claim.threads));
  return {
    kind,
    lanes: claim.threads,
    windowLabels,
    stepsLog2,
    depth: stepsLog2 - Math.log2(LABELS_PER_SEGMENT) + lanesLog2,
  };
}

export function segmentsPerLane(work: Work): number {
  return 2 ** work.stepsLog2 / LABELS_PER_SEGMENT;
}

/** Place of a segment under the root of its kind. */
export interface SegmentPlace {
  readonly lane: number;
  readonly segment: number;
}

export function leafIndexOf(work: Work, place: SegmentPlace): number {
  return place.lane * segmentsPerLane(work) + place.segment;
}

/** Segments that each kind of an answer is sampled at: half of the work left out passes once in 2^32. */
export const DEFAULT_SAMPLES = 32;

/**
 * Random segments of a work. `random` gives an integer from 0 to below its argument; the gateway draws when it has the
 * signed roots, and not before.
 */
export function drawPlaces(work: Work, count: number, random: (below: number) => number): SegmentPlace[] {
  return Array.from({ length: count }, () => ({
    lane: random(work.lanes),
    segment: random(segmentsPerLane(work)),
  }));
}

/** Last label that a label reads, besides the one before it. */
export function parentOf(index: number, pointer: number, windowLabels: number): number {
  return index - 1 - (pointer % Math.min(index, windowLabels));
}
