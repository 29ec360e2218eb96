import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { formatTable } from "../../scripts/lib/contracts/text-table.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { ScriptError } from "../../scripts/lib/script-error.ts";
import { type BarResult } from "./bars.ts";
import { type Samples } from "./samples.ts";

const DOCUMENT = "docs/PERFORMANCE.md";
type Table = readonly (readonly string[])[];

/** A finished comparison. */
export interface Report {
  /** Name of its section in docs/PERFORMANCE.md. */
  readonly name: string;
  readonly rounds: number;
  /** By contender, in the order of the columns. */
  readonly titles: Readonly<Record<string, string>>;
  readonly samples: Samples;
  readonly bars: readonly BarResult[];
  /** Whose spread tells how restless the machine is. */
  readonly yardstick: string;
}

const MISSING = "–";
const digits = (value: number | undefined, from = 100): string => {
  if (value === undefined) return MISSING;
  return value >= from ? Math.round(value).toString() : Number(value.toPrecision(2)).toString();
};
const times = (value: number | null): string => (value === null ? MISSING : value.toFixed(2));
const share = (value: number | undefined): string =>
  value === undefined ? MISSING : `${(100 * value).toFixed(0)} %`;

/** Medians by contender; the last column is how far the rounds of the yardstick were apart. */
function figureRows({ titles, samples, yardstick }: Report): Table {
  const contenders = Object.keys(titles);
  const header = ["", ...Object.values(titles), "spread"];
  const rows = samples
    .figures()
    .map((figure) => [
      figure,
      ...contenders.map((contender) => digits(samples.medianOf(contender, figure))),
      share(samples.spreadOf(yardstick, figure) ?? samples.spreadOf("nginx", figure)),
    ]);
  return [header, ...rows];
}

function barRows({ bars }: Report): Table {
  const header = ["ratio", "measured", "wanted", "bar", "reach for", ""];
  const rows = bars.map(({ title, wanted, bar, reach, got, verdict }) => [
    title,
    got.toFixed(2),
    wanted,
    times(bar),
    times(reach),
    verdict,
  ]);
  return [header, ...rows];
}

/** The report as text for a terminal. */
export function printReport(report: Report): void {
  const parts = [figureRows(report), barRows(report)].filter((rows) => rows.length > 1);
  process.stdout.write(`${parts.map((rows) => formatTable(rows)).join("\n\n")}\n`);
  process.stdout.write(`${machine()}; medians of ${report.rounds} rounds.\n`);
}

export async function saveJson(file: string, report: Report): Promise<void> {
  const { name, rounds, samples, bars } = report;
  const json = { name, machine: machine(), rounds, figures: samples.toJson(), bars };
  await writeFile(file, `${JSON.stringify(json, undefined, 2)}\n`);
}

/** Replaces the generated section of this comparison in docs/PERFORMANCE.md. */
export async function writeSection(report: Report): Promise<void> {
  const path = inRoot(DOCUMENT);
  const text = await readFile(path, "utf8");
  const [begin, end] = [`<!-- ${report.name}: begin -->`, `<!-- ${report.name}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from)
    throw new ScriptError("BENCH_FAILED", `${DOCUMENT} has no section ${report.name}.`);
  const tables = [barRows(report), figureRows(report)].filter((rows) => rows.length > 1).map(markdownTable);
  const body = `${machine()}; medians of ${report.rounds} rounds.\n\n${tables.join("\n\n")}`;
  await writeFile(path, `${text.slice(0, from)}${begin}\n\n${body}\n\n${text.slice(to)}`);
}

function markdownTable(rows: Table): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [header = [], ...body] = rows;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(header), rule, ...body.map(line)].join("\n");
}

function machine(): string {
  const [first] = cpus();
  return `${cpus().length} cores (${first?.model ?? "unknown"}), Node ${process.versions.node}, loopback`;
}
