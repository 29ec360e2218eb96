import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from "yaml";
import { type LineRange, type Span, type TextProblem } from "./issue.ts";
import { MAX_MANIFEST_BYTES } from "./limits.ts";
import { composeYaml } from "./yaml-compose.ts";
import { describeErrors, describeRefusal, describeSecond } from "./yaml-errors.ts";
import { inspectTree } from "./yaml-inspect.ts";
import { lineRangeOf } from "./yaml-lines.ts";

/** A parsed text: its tree, what its aliases stand for, and where everything is. */
export interface YamlSource {
  readonly root: ParsedNode | null;
  readonly problems: readonly TextProblem[];
  resolve(node: ParsedNode | null): ParsedNode | null;
  lines(span: Span): LineRange;
}

const WHOLE: Span = { start: 0, end: 0 };

/** Reads a text into a tree. Never throws, and answers every trap within the limits of `limits.ts`. */
export function readYaml(text: string): YamlSource {
  const tooLarge = findTooLarge(text);
  if (tooLarge !== undefined) return emptySource([tooLarge]);
  const composed = composeYaml(text);
  const lines = (span: Span): LineRange => lineRangeOf(text, composed.lineCounter, span);
  if (composed.refused !== undefined)
    return { ...emptySource([describeRefusal(composed.refused, composed.offset)]), lines };
  const { document } = composed;
  const problems = [
    ...findDirective(text),
    ...describeErrors(text, document.errors),
    ...describeSecond(composed.secondDocument),
  ];
  const root = document.contents;
  if (problems.length > 0) return { ...emptySource(problems), lines };
  if (root === null || (isScalar(root) && root.value === null))
    return { ...emptySource([emptyText()]), lines };
  const tree = inspectTree(text, root);
  const resolve = (node: ParsedNode | null): ParsedNode | null =>
    isAlias(node) ? (tree.anchors.get(node) ?? null) : node;
  return { root, problems: tree.problems, resolve, lines };
}

/** What a person would call the node. */
export function kindOf(node: ParsedNode | null): string {
  if (isMap(node)) return "a map";
  if (isSeq(node)) return "a list";
  if (!isScalar(node) || node.value === null) return "nothing";
  if (typeof node.value === "boolean") return "true or false";
  return typeof node.value === "string" ? "a text" : "a number";
}

function emptySource(problems: readonly TextProblem[]): YamlSource {
  return {
    root: null,
    problems,
    resolve: (node) => node,
    lines: () => ({ line: 1, column: 1, endLine: 1, endColumn: 1 }),
  };
}

function findTooLarge(text: string): TextProblem | undefined {
  // UTF-8 never takes fewer bytes than the text has UTF-16 units, so a huge text is not even encoded.
  const size = text.length > MAX_MANIFEST_BYTES ? text.length : new TextEncoder().encode(text).length;
  if (size <= MAX_MANIFEST_BYTES) return undefined;
  return {
    ...WHOLE,
    code: "MANIFEST_TOO_LARGE",
    found: `at least ${size} bytes`,
    allowed: `at most ${MAX_MANIFEST_BYTES} bytes`,
    message: "The text is too large for a manifest. Put data into the image, not into the manifest.",
  };
}

function emptyText(): TextProblem {
  return {
    ...WHOLE,
    code: "MANIFEST_EMPTY",
    found: "an empty text",
    allowed: "a map with version, services, profiles and deployment",
    message: "The manifest is empty.",
  };
}

function findDirective(text: string): TextProblem[] {
  const match = /^\uFEFF?(?:[ \t]*(?:#[^\n]*)?\r?\n)*(%[^\r\n]*)/.exec(text);
  if (match === null) return [];
  const line = match[1] ?? "";
  const start = match[0].length - line.length;
  return [
    {
      start,
      end: start + line.length,
      code: "MANIFEST_YAML_DIRECTIVE",
      found: line.slice(0, 40),
      allowed: "no directive",
      message: "Remove this line: a manifest is YAML 1.2 without directives.",
    },
  ];
}
