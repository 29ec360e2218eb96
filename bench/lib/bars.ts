import { median } from "../bench.ts";
import { type Samples } from "./samples.ts";

/** Value of a figure of a contender, in one round. */
export type Pick = (contender: string, figure: string) => number;

/** What is wanted of a ratio that is taken within each round. */
export interface Bar {
  readonly title: string;
  readonly wanted: "at least" | "at most";
  /** Undefined where a figure is only looked at. */
  readonly bar?: number;
  readonly reach?: number;
  readonly ratio: (pick: Pick) => number;
}

export interface BarResult {
  readonly title: string;
  readonly wanted: Bar["wanted"];
  readonly bar: number | null;
  readonly reach: number | null;
  /** Median over the rounds. */
  readonly got: number;
  readonly verdict: "reached" | "held" | "missed" | "";
}

/** Holds the medians against the bars; what was not measured is left out. */
export function judge(bars: readonly Bar[], samples: Samples, rounds: number): BarResult[] {
  return bars.flatMap((bar) => {
    const ratios = Array.from({ length: rounds }, (_, round) =>
      bar.ratio((contender, figure) => samples.of(contender, figure)[round] ?? Number.NaN),
    ).filter((ratio) => !Number.isNaN(ratio));
    if (ratios.length === 0) return [];
    const got = median(ratios);
    const { title, wanted } = bar;
    return [
      { title, wanted, bar: bar.bar ?? null, reach: bar.reach ?? null, got, verdict: verdictOn(bar, got) },
    ];
  });
}

function verdictOn({ wanted, bar, reach }: Bar, got: number): BarResult["verdict"] {
  const holds = (limit: number): boolean => (wanted === "at least" ? got >= limit : got <= limit);
  if (reach !== undefined && holds(reach)) return "reached";
  if (bar === undefined) return "";
  return holds(bar) ? "held" : "missed";
}
