const MIB = 1024 * 1024;
const TENTHS = 10;
/** MiB from the second tenth of a run to its last: below 630 bytes an input. */
const MAX_GROWTH_MIB = 48;

/** Means of each tenth of a run, in MiB. @param samples Resident bytes, in order; of a short run all are the same. */
export function tenthsOf(samples: readonly number[]): number[] {
  const tenth = Math.max(1, Math.floor(samples.length / TENTHS));
  return Array.from({ length: TENTHS }, (_, index) => {
    const from = Math.min(index * tenth, samples.length - tenth);
    const own = samples.slice(from, from + tenth);
    return own.reduce((sum, bytes) => sum + bytes, 0) / own.length / MIB;
  });
}

/** What is wrong with them, if anything. In the first tenth everything runs for the first time, and is compiled. */
export function whyNotFlat(tenths: readonly number[]): string | undefined {
  const [second = Number.NaN, last = Number.NaN] = [tenths[1], tenths.at(-1)];
  return last - second < MAX_GROWTH_MIB ? undefined : `memory grows: ${showTenths(tenths)}`;
}

export function showTenths(tenths: readonly number[]): string {
  return `resident ${tenths.map((mib) => mib.toFixed(0)).join(", ")} MiB`;
}
