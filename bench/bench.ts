/** One comparison: things measured side by side in one run, so that only their ratio counts. */
export interface Bench {
  /** Argument of `npm run bench`. */
  readonly name: string;
  /** What is compared with what, and what is wanted. */
  readonly about: string;
  readonly run: (signal: AbortSignal, options: BenchOptions) => Promise<BenchResult>;
}

/** What `npm run bench` was told. */
export interface BenchOptions {
  /** Databases of the gateways that are measured, where a comparison has several: `--store`, or all. */
  readonly stores: readonly ("postgres" | "pglite")[];
  /** Whether docs/PERFORMANCE.md gets what is found, where it has a section for it: `--write`. */
  readonly write: boolean;
}

export interface BenchResult {
  /** The first row is the header; none where the comparison has printed its own report. */
  readonly rows: readonly (readonly string[])[];
  /** What is wanted and was not reached, a line each. */
  readonly missed: readonly string[];
}

/** Middle one of an odd number of measures. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
