import { readFile } from "node:fs/promises";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  type Manifest,
  type ManifestIssue,
  MAX_MANIFEST_BYTES,
  parseManifest,
} from "@fizz/protocol/manifest";
import { printFinding } from "../output/print-finding.ts";
import { type Terminal } from "../output/terminal.ts";

/** A manifest that has no errors; it may have warnings. */
export interface CheckedManifest {
  readonly manifest: Manifest;
  readonly warnings: readonly ManifestIssue[];
  readonly text: string;
}

/** The text of a manifest file. @throws ProtocolError USAGE when it cannot be read; INPUT_TOO_LARGE */
export async function readManifestText(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const why = code === "ENOENT" ? "There is no such file" : "It cannot be read";
    throw new ProtocolError("USAGE", `${file}: ${why}.`, { cause });
  }
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES)
    throw new ProtocolError("INPUT_TOO_LARGE", `${file} is over ${MAX_MANIFEST_BYTES} bytes.`);
  return text;
}

/**
 * Reads and checks a manifest. Every problem is printed with its line and column.
 *
 * @throws ProtocolError MANIFEST_INVALID with all problems in its details.
 */
export async function readManifest(terminal: Terminal, file: string): Promise<CheckedManifest> {
  const text = await readManifestText(file);
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
