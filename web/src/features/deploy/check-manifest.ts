import type { Manifest, ManifestIssue } from "@fizz/protocol/manifest";

export const NO_ISSUES: readonly ManifestIssue[] = [];

export interface ManifestCheck {
  /** The text that was checked: the result says nothing about another one. */
  readonly text: string | undefined;
  /** Undefined while it has errors. */
  readonly manifest: Manifest | undefined;
  readonly issues: readonly ManifestIssue[];
}

/** Judges a text by the rules that gateway and node apply too. The parser is loaded when it is first needed. */
export async function checkManifest(text: string): Promise<ManifestCheck> {
  const { parseManifest } = await import("@fizz/protocol/manifest");
  const parsed = parseManifest(text);
  return parsed.ok
    ? { text, manifest: parsed.manifest, issues: parsed.warnings }
    : { text, manifest: undefined, issues: parsed.issues };
}
