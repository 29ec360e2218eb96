/** One line of `doctor`; `fail` makes its exit code 1. */
export type Verdict = readonly [level: "ok" | "warn" | "fail", text: string];
