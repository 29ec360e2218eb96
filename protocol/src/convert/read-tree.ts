import { type Alias, isAlias, isMap, isScalar, isSeq, type ParsedNode } from "yaml";
import { type LineRange, type Span, type TextProblem } from "../manifest/issue.ts";
import { MAX_DEPTH, MAX_ISSUES, MAX_MANIFEST_BYTES, MAX_VALUES } from "../manifest/limits.ts";
import { composeYaml } from "../manifest/yaml-compose.ts";
import { describeErrors, describeRefusal } from "../manifest/yaml-errors.ts";
import { keyName } from "../manifest/yaml-inspect.ts";
import { lineRangeOf } from "../manifest/yaml-lines.ts";
import { type ConvertCode } from "./codes.ts";
import { MAX_CHARACTERS } from "./limits.ts";
import { type Remark, type Report } from "./report.ts";
import { type MapTree, type Tree, type TreeEntry } from "./tree.ts";

/** A text that was read; without a tree there is an error in the report. */
export interface ReadText {
  readonly tree: Tree | undefined;
  lines(span: Span): LineRange;
}

const START: LineRange = { line: 1, column: 1, endLine: 1, endColumn: 1 };
const WHOLE: Span = { start: 0, end: 0 };

/** Reads a text, aliases and merge keys resolved. Never throws, and answers every trap within the limits. */
export function readTree(text: string, report: Report): ReadText {
  const fail = (code: ConvertCode, span: Span, remark: Remark): void => {
    report.add({ code, severity: "error", path: [], span, ...remark });
  };
  if (isTooLarge(text)) {
    fail("CONVERT_TOO_LARGE", WHOLE, tooLarge(`more than ${MAX_MANIFEST_BYTES} bytes`));
    return { tree: undefined, lines: () => START };
  }
  const composed = composeYaml(text);
  const lines = (span: Span): LineRange => lineRangeOf(text, composed.lineCounter, span);
  const failSyntax = (problems: readonly TextProblem[]): ReadText => {
    for (const problem of problems.slice(0, MAX_ISSUES + 1)) fail(codeOf(problem), problem, syntax(problem));
    return { tree: undefined, lines };
  };
  if (composed.refused !== undefined) return failSyntax([describeRefusal(composed.refused, composed.offset)]);
  const { document, secondDocument } = composed;
  if (document.errors.length > 0) return failSyntax(describeErrors(text, document.errors));
  if (secondDocument !== undefined) {
    const span = { start: secondDocument, end: secondDocument + 1 };
    fail("CONVERT_YAML_DOCUMENTS", span, severalDocuments());
    return { tree: undefined, lines };
  }
  const tree = new TreeBuilder(report).build(document.contents);
  if (tree.kind === "nothing") fail("CONVERT_EMPTY", WHOLE, emptyText());
  return { tree: tree.kind === "nothing" || report.hasErrors() ? undefined : tree, lines };
}

function isTooLarge(text: string): boolean {
  return text.length > MAX_MANIFEST_BYTES || new TextEncoder().encode(text).length > MAX_MANIFEST_BYTES;
}

/** Codes of conversions for those of texts; all others are syntax. */
const CODES: Readonly<Partial<Record<TextProblem["code"], ConvertCode>>> = {
  MANIFEST_TOO_DEEP: "CONVERT_TOO_DEEP",
  MANIFEST_TOO_LARGE: "CONVERT_TOO_LARGE",
};

function codeOf({ code }: TextProblem): ConvertCode {
  return CODES[code] ?? "CONVERT_YAML_SYNTAX";
}

function syntax({ found, message }: TextProblem): Remark {
  const said = message
    .replace(/ to be a manifest\.$/, ".")
    .replace(/ than a manifest can\..*$/, " than becomes a manifest.");
  return { found, done: "nothing is converted", message: said };
}

function tooLarge(found: string): Remark {
  return {
    found,
    done: "nothing is converted",
    message: "The text is too large for what becomes a manifest.",
  };
}

function severalDocuments(): Remark {
  const message = "A file holds one document. Move what follows --- into a file of its own.";
  return { found: "a second document", done: "nothing is converted", message };
}

function emptyText(): Remark {
  return { found: "an empty text", done: "nothing is converted", message: "There is nothing to convert." };
}

/** Makes one tree of nodes and their aliases. */
class TreeBuilder {
  readonly #report: Report;
  readonly #named = new Map<string, ParsedNode>();
  /** Nodes that the walk is inside of: an alias to one of them would never end. */
  readonly #open = new Set<ParsedNode>();
  #values = 0;
  #characters = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  build(node: ParsedNode | null, depth = 0): Tree {
    if (node === null) return { kind: "nothing", span: WHOLE };
    const span = { start: node.range[0], end: node.range[1] };
    if (!this.#spend(span)) return { kind: "nothing", span };
    if (isAlias(node)) return this.#follow(node, span, depth);
    if (node.anchor !== undefined) this.#named.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node, span);
    if (depth >= MAX_DEPTH) return this.#refuse("CONVERT_TOO_DEEP", span, deep());
    this.#open.add(node);
    const tree = this.#collection(node, span, depth);
    this.#open.delete(node);
    return tree;
  }

  #collection(node: ParsedNode, span: Span, depth: number): Tree {
    if (isSeq(node))
      return { kind: "a list", span, items: node.items.map((item) => this.build(item, depth + 1)) };
    return isMap(node) ? this.#map(node.items, span, depth) : { kind: "nothing", span };
  }

  #scalar(node: ParsedNode, span: Span): Tree {
    if (!isScalar(node) || node.value === null) return { kind: "nothing", span };
    const text = typeof node.value === "string" ? node.value : node.source;
    this.#characters += text.length;
    return { kind: "a text", text, span };
  }

  #map(pairs: readonly MapPair[], span: Span, depth: number): MapTree {
    const own = new Map<string, TreeEntry>();
    const merged: TreeEntry[] = [];
    for (const { key, value } of pairs) {
      const keySpan = { start: key.range[0], end: key.range[1] };
      const name = keyName(key);
      if (name === undefined) this.#note("CONVERT_KEY_INVALID", keySpan, oddKey());
      const tree = this.build(value, depth + 1);
      if (name === undefined) continue;
      if (name === "<<") merged.push(...this.#merge(tree));
      else if (own.has(name)) this.#note("CONVERT_KEY_DUPLICATE", keySpan, twice(name));
      else own.set(name, { name, keySpan, value: tree });
    }
    for (const entry of merged) if (!own.has(entry.name)) own.set(entry.name, entry);
    return { kind: "a map", span, entries: [...own.values()] };
  }

  #merge(tree: Tree): readonly TreeEntry[] {
    const maps = tree.kind === "a list" ? tree.items : [tree];
    return maps.flatMap((map) => {
      if (map.kind === "a map") return map.entries;
      this.#note("CONVERT_YAML_MERGE", map.span, noMap(map.kind));
      return [];
    });
  }

  #follow(node: Alias.Parsed, span: Span, depth: number): Tree {
    const target = this.#named.get(node.source);
    if (target === undefined || this.#open.has(target))
      return this.#refuse("CONVERT_YAML_ALIAS", span, lostAlias(node.source));
    return this.build(target, depth);
  }

  #spend(span: Span): boolean {
    this.#values += 1;
    if (this.#values <= MAX_VALUES && this.#characters <= MAX_CHARACTERS) return true;
    if (!this.#report.hasErrors())
      this.#refuse("CONVERT_TOO_LARGE", span, tooLarge(`more than ${MAX_VALUES} values`));
    return false;
  }

  #refuse(code: ConvertCode, span: Span, remark: Remark): Tree {
    if (!this.#report.hasErrors()) this.#report.add({ code, severity: "error", path: [], span, ...remark });
    return { kind: "nothing", span };
  }

  #note(code: ConvertCode, span: Span, remark: Remark): void {
    this.#report.add({ code, severity: "warning", path: [], span, ...remark });
  }
}

type MapPair = Readonly<{ key: ParsedNode; value: ParsedNode | null }>;

function deep(): Remark {
  return {
    found: `more than ${MAX_DEPTH} levels`,
    done: "nothing is converted",
    message: "The text nests too deep.",
  };
}

function oddKey(): Remark {
  return { found: "a key that is not a name", done: "left out", message: "A key must be a plain name." };
}

function twice(name: string): Remark {
  const found = name.slice(0, 80);
  return { found, done: "the first one counts", message: `"${found}" stands twice in this map.` };
}

function noMap(found: string): Remark {
  return { found, done: "left out", message: "A merge key << takes a map, or a list of maps." };
}

function lostAlias(source: string): Remark {
  const message = "No anchor with this name stands before the alias, or the alias stands inside of it.";
  return { found: `*${source.slice(0, 80)}`, done: "nothing is converted", message };
}
