import { formatPath, type LineRange, type Path, type Severity, type Span } from "../manifest/issue.ts";
import { MAX_ISSUES } from "../manifest/limits.ts";
import { type ConvertCode } from "./codes.ts";

/** Something that was changed, left out or filled in. An error means that there is no manifest. */
export interface ConvertFinding extends LineRange {
  readonly code: ConvertCode;
  readonly severity: Severity;
  /** In the source, such as `services.web.ports[0]`; empty for the whole text. */
  readonly path: string;
  /** What stands there. Never the value of an environment variable. */
  readonly found: string;
  /** What became of it. */
  readonly done: string;
  readonly message: string;
}

/** What there is to say about one place. */
export interface Remark {
  readonly found: string;
  readonly done: string;
  readonly message: string;
}

interface Entry extends Remark {
  readonly code: ConvertCode;
  readonly severity: Severity;
  readonly path: Path;
  readonly span: Span;
}

/** Collects what a conversion has to tell. */
export class Report {
  readonly #entries: Entry[] = [];
  readonly #seen = new Set<string>();

  /** The same remark about the same place is kept once. */
  add(entry: Entry): void {
    const key = JSON.stringify([entry.code, entry.path, entry.found, entry.done]);
    if (this.#seen.has(key) && entry.path.length > 0) return;
    this.#seen.add(key);
    this.#entries.push(entry);
  }

  /** Whether there is no manifest. */
  hasErrors(): boolean {
    return this.#entries.some((entry) => entry.severity === "error");
  }

  /** Everything in the order of the text, errors never cut off. */
  findings(lines: (span: Span) => LineRange): ConvertFinding[] {
    const sorted = this.#entries.toSorted((left, right) => left.span.start - right.span.start);
    const errors = sorted.filter((entry) => entry.severity === "error").slice(0, MAX_ISSUES);
    const room = MAX_ISSUES - errors.length;
    const kept = new Set([...errors, ...sorted.filter((entry) => entry.severity !== "error").slice(0, room)]);
    const shown = sorted.filter((entry) => kept.has(entry)).map((entry) => describe(entry, lines));
    const left = sorted.length - kept.size;
    const last = shown.at(-1);
    if (left === 0 || last === undefined) return shown;
    const message = `${left} more findings are not listed.`;
    return [
      ...shown,
      {
        ...last,
        code: "CONVERT_TOO_MANY_FINDINGS",
        severity: "warning",
        found: `${sorted.length} findings`,
        done: `${MAX_ISSUES} listed`,
        message,
      },
    ];
  }
}

function describe({ path, span, ...entry }: Entry, lines: (span: Span) => LineRange): ConvertFinding {
  return { ...entry, path: formatPath(path), ...lines(span) };
}
