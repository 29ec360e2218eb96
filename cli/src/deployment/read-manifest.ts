import { ProtocolError } from "@fizz/protocol/errors";
import {
  type Manifest,
  type ManifestIssue,
  MAX_MANIFEST_BYTES,
  parseManifest,
} from "@fizz/protocol/manifest";
import { readInput } from "../input.ts";
import { printFinding } from "../output/print-finding.ts";
import { type Terminal } from "../output/terminal.ts";

/** A manifest that has no errors; it may have warnings. */
export interface CheckedManifest {
  readonly manifest: Manifest;
  readonly warnings: readonly ManifestIssue[];
  readonly text: string;
}

/**
 * Reads and checks a manifest. Every problem is printed with its line and column.
 *
 * @throws ProtocolError MANIFEST_INVALID with all problems in its details; what {@link readInput} throws
 */
export async function readManifest(terminal: Terminal, file: string): Promise<CheckedManifest> {
  const text = await readInput(terminal, file, MAX_MANIFEST_BYTES);
  const parsed = parseManifest(text);
  const issues = parsed.ok ? parsed.warnings : parsed.issues;
  for (const issue of issues) printIssue(terminal, file, issue);
  if (parsed.ok) return { manifest: parsed.manifest, warnings: issues, text };
  const errors = issues.filter((issue) => issue.severity === "error").length;
  const message = `${file} has ${errors === 1 ? "1 problem" : `${errors} problems`}. Nothing was sent.`;
  throw new ProtocolError("MANIFEST_INVALID", message, { details: { issues } });
}

/** {@link printFinding}, with what is allowed and what was meant. */
export function printIssue(terminal: Terminal, file: string, issue: ManifestIssue): void {
  const hints = [
    ...(issue.allowed === "" ? [] : [`allowed: ${issue.allowed}`]),
    ...(isTold(issue) ? [] : [`did you mean ${issue.suggestion ?? ""}?`]),
  ];
  printFinding(terminal, file, { ...issue, hints });
}

function isTold({ suggestion, message }: ManifestIssue): boolean {
  return suggestion === undefined || message.includes(suggestion);
}
