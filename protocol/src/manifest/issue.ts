import { type ManifestCode } from "./codes.ts";

export type Severity = "error" | "warning";

/** A problem with its place in the text. Lines and columns count from 1; the end is exclusive. */
export interface ManifestIssue {
  readonly code: ManifestCode;
  readonly severity: Severity;
  /** Such as `services.web.expose[0].port`; empty for the whole text. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** What stands there. Never a secret. */
  readonly found: string;
  readonly allowed: string;
  readonly message: string;
  /** What was probably meant. */
  readonly suggestion?: string;
}

export type PathStep = string | number;
export type Path = readonly PathStep[];

/** A problem that is not yet placed in a text: what rules over an open part answer. */
export interface Finding {
  readonly code: ManifestCode;
  readonly severity: Severity;
  readonly path: Path;
  readonly found: string;
  readonly allowed: string;
  readonly message: string;
  readonly suggestion?: string;
}

/** `["services", "web", "expose", 0]` → `services.web.expose[0]`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? step : `.${step}`;
  }
  return text;
}

/** Offsets into the text; the end is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A problem of the text itself, before anybody asks what it means. */
export interface TextProblem extends Span {
  readonly code: ManifestCode;
  readonly found: string;
  readonly allowed: string;
  readonly message: string;
  readonly suggestion?: string;
}

export type LineRange = Pick<ManifestIssue, "line" | "column" | "endLine" | "endColumn">;
