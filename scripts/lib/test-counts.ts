/** How many failures are told again below all output: more are no longer read one by one. */
const MAX_FAILURES = 40;
/** Of one failure, or of Hardhat's own list of them: enough to know it by. */
const MAX_FAILURE_CHARS = 2_000;

/** What came out of some tests. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** A text for each that failed, as far as it is known: its name and what it said. */
  failures: string[];
}

export const emptyCounts = (): Counts => ({ passed: 0, failed: 0, skipped: 0, failures: [] });

/** Counts of something that failed as a whole. */
export const oneFailure = (what: string): Counts => ({ ...emptyCounts(), failed: 1, failures: [what] });

export function addCounts(sum: Counts, more: Counts): void {
  for (const key of ["passed", "failed", "skipped"] as const) sum[key] += more[key];
  sum.failures.push(...more.failures);
}

/** Sums of Hardhat's own report, whose "passing" counts what was skipped, too. Of fuzz tests alone it prints no sum. */
export function countHardhat(output: string): Counts {
  const find = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0);
  const list = /^\s*\d+ failing\s*\n([^]*)/m.exec(output)?.[1]?.trim() ?? "";
  const failures = list === "" ? [] : [list];
  const skipped = find(/^\s+(\d+) pending/m);
  const sum = {
    passed: find(/^(\d+) passing/m) - skipped,
    failed: find(/^(\d+) failing/m),
    skipped,
    failures,
  };
  if (sum.passed + sum.failed > 0) return sum;
  return { passed: find(/^ +(\d+) passing/m), failed: find(/^ +(\d+) failing/m), skipped, failures };
}

/** A part that died must not look like one without tests. */
export function atLeastOneFailure(counts: Counts, status: number, what: string): Counts {
  if (status === 0 || counts.failed > 0) return counts;
  return { ...counts, failed: 1, failures: [`${what} ended with status ${status}.`] };
}

export const describeCounts = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** What failed, once more, for those who see only the end of a long output. Empty when nothing did. */
export function describeFailures({ failures }: Counts): string {
  if (failures.length === 0) return "";
  const texts = failures.slice(0, MAX_FAILURES).map((failure) => indent(shorten(failure)));
  const rest = failures.length - texts.length;
  return ["\nFailed:", ...texts, ...(rest > 0 ? [`  and ${rest} more`] : [])].join("\n") + "\n";
}

const shorten = (text: string): string =>
  text.length <= MAX_FAILURE_CHARS ? text : `${text.slice(0, MAX_FAILURE_CHARS)} …`;

const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");
