import { type Alias, isAlias, isMap, isScalar, isSeq, type ParsedNode } from "yaml";
import { type TextProblem } from "./issue.ts";
import { MAX_ALIASES, MAX_DEPTH } from "./limits.ts";

interface Tree {
  readonly problems: TextProblem[];
  /** What each alias stands for. */
  readonly anchors: Map<Alias.Parsed, ParsedNode>;
}

interface Walk extends Tree {
  readonly text: string;
  readonly named: Map<string, ParsedNode>;
  /** Nodes that the walk is inside of: an alias to one of them would never end. */
  readonly open: Set<ParsedNode>;
  aliases: number;
  tooDeep: boolean;
}

/** One pass in the order of the text: duplicate keys, tags, merge keys, aliases, depth. Linear in the text. */
export function inspectTree(text: string, root: ParsedNode): Tree {
  const walk: Walk = {
    text,
    problems: [],
    anchors: new Map(),
    named: new Map(),
    open: new Set(),
    aliases: 0,
    tooDeep: false,
  };
  visit(walk, root, 0);
  return walk;
}

function visit(walk: Walk, node: ParsedNode | null, depth: number): void {
  if (node === null) return;
  if (isAlias(node)) {
    visitAlias(walk, node);
    return;
  }
  checkTag(walk, node);
  if (node.anchor !== undefined) walk.named.set(node.anchor, node);
  if (isScalar(node)) return;
  if (depth >= MAX_DEPTH) {
    reportDepth(walk, node);
    return;
  }
  walk.open.add(node);
  if (isSeq(node)) for (const item of node.items) visit(walk, item, depth + 1);
  if (isMap(node)) visitMap(walk, node.items, depth);
  walk.open.delete(node);
}

function visitMap(walk: Walk, pairs: readonly MapPair[], depth: number): void {
  const seen = new Set<string>();
  for (const { key, value } of pairs) {
    checkKey(walk, key, seen);
    visit(walk, key, depth + 1);
    visit(walk, value, depth + 1);
  }
}

type MapPair = Readonly<{ key: ParsedNode; value: ParsedNode | null }>;

/** The name of a key, or undefined when it is not a plain scalar. */
export function keyName(key: ParsedNode): string | undefined {
  if (!isScalar(key) || key.value === null) return undefined;
  if (typeof key.value === "string") return key.value;
  return key.source;
}

function checkKey(walk: Walk, key: ParsedNode, seen: Set<string>): void {
  const name = keyName(key);
  if (name === undefined) {
    report(walk, key, {
      code: "MANIFEST_KEY_INVALID",
      found: "a key that is not a name",
      allowed: "a plain name before the colon",
      message: "A key must be a plain name.",
    });
    return;
  }
  if (name === "<<")
    report(walk, key, {
      code: "MANIFEST_YAML_MERGE_KEY",
      found: "<<",
      allowed: "the fields written out",
      message:
        "Merge keys are not part of YAML 1.2. Write the fields out, or use an alias for a whole value.",
    });
  else if (seen.has(name))
    report(walk, key, {
      code: "MANIFEST_KEY_DUPLICATE",
      found: name.slice(0, 80),
      allowed: "each key once",
      message: `"${name.slice(0, 80)}" stands twice in this map. Remove or rename one of them.`,
    });
  seen.add(name);
}

function checkTag(walk: Walk, node: ParsedNode): void {
  if (node.tag === undefined) return;
  report(walk, node, {
    code: "MANIFEST_YAML_TAG",
    found: node.tag.replace("tag:yaml.org,2002:", "!!").slice(0, 80),
    allowed: "no tag",
    message: "Remove the tag that begins with an exclamation mark; write the plain value.",
  });
}

function visitAlias(walk: Walk, node: Alias.Parsed): void {
  walk.aliases += 1;
  if (walk.aliases > MAX_ALIASES) {
    if (walk.aliases === MAX_ALIASES + 1)
      reportAlias(walk, node, `There are more than ${MAX_ALIASES} aliases.`);
    return;
  }
  const target = walk.named.get(node.source);
  if (target === undefined) reportAlias(walk, node, "No anchor with this name stands before the alias.");
  else if (walk.open.has(target)) reportAlias(walk, node, "The alias stands inside of what it stands for.");
  else walk.anchors.set(node, target);
}

function reportAlias(walk: Walk, node: ParsedNode, message: string): void {
  report(walk, node, {
    code: "MANIFEST_YAML_ALIAS",
    found: isAlias(node) ? `*${node.source.slice(0, 80)}` : "",
    allowed: `at most ${MAX_ALIASES} aliases, each to an anchor before it`,
    message,
  });
}

function reportDepth(walk: Walk, node: ParsedNode): void {
  if (walk.tooDeep) return;
  walk.tooDeep = true;
  report(walk, node, {
    code: "MANIFEST_TOO_DEEP",
    found: `more than ${MAX_DEPTH} levels`,
    allowed: `at most ${MAX_DEPTH} levels`,
    message: "The text nests too deep to be a manifest.",
  });
}

function report(walk: Walk, node: ParsedNode, problem: Omit<TextProblem, "start" | "end">): void {
  const [start, end] = node.range;
  walk.problems.push({ start, end, ...problem });
}
