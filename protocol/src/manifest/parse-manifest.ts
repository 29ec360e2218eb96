import { checkOrderRules, checkSize } from "./check-open-part.ts";
import { draftOpenPart, sealedPartOf } from "./derive.ts";
import { formatPath, type Finding, type ManifestIssue, type Path, type TextProblem } from "./issue.ts";
import { MAX_ISSUES, MAX_OPEN_PART_BYTES, MAX_SEALED_PART_BYTES } from "./limits.ts";
import { locate, manifestPathOf } from "./locate.ts";
import { Place, type PlacedFinding, Reading, spanOf } from "./place.ts";
import { readManifest } from "./read-manifest.ts";
import { checkReferences } from "./references.ts";
import { type Manifest } from "./types.ts";
import { findWarnings } from "./warnings.ts";
import { readYaml, type YamlSource } from "./yaml-source.ts";

export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest; readonly warnings: readonly ManifestIssue[] }
  | { readonly ok: false; readonly issues: readonly ManifestIssue[] };

/**
 * Reads the text of a manifest and holds it against every rule.
 *
 * Never throws on any text, and answers within a bounded time. All problems are listed, in the order of the text;
 * `issues` holds the warnings too.
 */
export function parseManifest(text: string): ParsedManifest {
  const source = readYaml(text);
  const texts = source.problems.map(placeOfText);
  if (source.root === null) return { ok: false, issues: limit(texts, (finding) => issueOf(source, finding)) };
  const reading = new Reading(source);
  const manifest = readManifest(
    new Place(reading, { node: source.root, path: [], span: spanOf(source.root) }),
  );
  const findings = [...reading.findings];
  for (const finding of checkMeaning(manifest, findings)) {
    const path = manifestPathOf(manifest, finding.path);
    if (!isExplained(path, findings)) findings.push({ ...finding, path, span: locate(source, path) });
  }
  const all = [...texts, ...findings];
  const issues = limit(sortByPlace(all), (finding) => issueOf(source, finding));
  if (all.some((finding) => finding.severity === "error")) return { ok: false, issues };
  return { ok: true, manifest, warnings: issues };
}

/** Rules over the whole. Rules of a mode are left out while the mode is not known. */
function checkMeaning(manifest: Manifest, findings: readonly Finding[]): Finding[] {
  const references = checkReferences(manifest);
  const isModeKnown = !findings.some(
    (finding) => finding.severity === "error" && isWithin(["profiles", "mode"], finding.path),
  );
  const open = isModeKnown ? draftOpenPart(manifest) : undefined;
  const rules = open === undefined ? [] : checkOrderRules(open);
  const isRead = references.length === 0 && !findings.some((finding) => finding.severity === "error");
  const sizes =
    isRead && open !== undefined
      ? [...checkSize(open, MAX_OPEN_PART_BYTES), ...checkSize(sealedPartOf(manifest), MAX_SEALED_PART_BYTES)]
      : [];
  return [...references, ...rules, ...sizes, ...findWarnings(manifest, isRead)];
}

/** A value that could not be read already has its problem: what follows from its stand-in is noise. */
function isExplained(path: Path, findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === "error" && isWithin(path, finding.path));
}

/** Whether `path` is `around` or lies inside of it. */
function isWithin(path: Path, around: Path): boolean {
  return around.length > 0 && around.every((step, index) => path[index] === step);
}

function placeOfText({ start, end, ...problem }: TextProblem): PlacedFinding {
  return { severity: "error", path: [], ...problem, span: { start, end } };
}

function issueOf(source: YamlSource, finding: PlacedFinding): ManifestIssue {
  const { span, path, ...rest } = finding;
  return { ...rest, path: formatPath(path), ...source.lines(span) };
}

function sortByPlace(findings: readonly PlacedFinding[]): PlacedFinding[] {
  return findings.toSorted((left, right) => left.span.start - right.span.start);
}

function limit<Item>(items: readonly Item[], describe: (item: Item) => ManifestIssue): ManifestIssue[] {
  const issues = items.slice(0, MAX_ISSUES).map(describe);
  const next = items[MAX_ISSUES];
  if (next === undefined) return issues;
  issues.push({
    ...describe(next),
    code: "MANIFEST_TOO_MANY_ISSUES",
    found: `${items.length} problems`,
    allowed: `a list of ${MAX_ISSUES}`,
    message: `${items.length - MAX_ISSUES} more problems are not listed. Correct these first.`,
  });
  return issues;
}
