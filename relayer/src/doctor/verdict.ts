import { errorToWire } from "@fizz/protocol/errors";

/** What one check found. */
export interface Verdict {
  /** Stable name of the check. */
  readonly check: string;
  readonly level: "ok" | "warn" | "fail";
  readonly found: string;
  /** What to do; empty when all is well. */
  readonly advice: string;
}

export function ok(check: string, found: string): Verdict {
  return { check, level: "ok", found, advice: "" };
}

export function warn(check: string, found: string, advice: string): Verdict {
  return { check, level: "warn", found, advice };
}

export function fail(check: string, found: string, advice: string): Verdict {
  return { check, level: "fail", found, advice };
}

/** A check that breaks off is a failure of its own. */
export async function guarded(
  check: string,
  advice: string,
  task: () => Promise<Verdict[]> | Verdict[],
): Promise<Verdict[]> {
  try {
    return await task();
  } catch (error) {
    return [fail(check, errorToWire(error).message, advice)];
  }
}
