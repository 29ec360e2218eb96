import { castFor, changesOf } from "./expression-mutants.ts";
import { type Mutant, MutantList } from "./mutant.ts";
import { addModifierMutants } from "./modifier-mutants.ts";
import { applyWraps, PROBE_FILE, PROBE_SOURCE, type Wrap } from "./probe-library.ts";
import {
  type AstNode,
  bodiesOf,
  childOf,
  rangeOf,
  runSolc,
  type SoliditySource,
  textOf,
  walk,
} from "./solidity-ast.ts";
import { isDroppable, isOrderRelevant, statementRange, statementsOf } from "./statement-mutants.ts";

/** All mutants in one compilation: each is behind a switch, and the block's coinbase says which one is on. */
export interface MutationSchema {
  readonly mutants: readonly Mutant[];
  /** Text with switches, by repository path. */
  readonly sources: Readonly<Record<string, string>>;
  /** How many changes were left out because they do not compile. */
  readonly discarded: number;
}

const MAX_ROUNDS = 40;

/** Builds the schema of the files that `wanted` names; what does not compile is found by compiling, and left out. */
export function createSchema(
  all: readonly SoliditySource[],
  wanted: (path: string) => boolean,
): MutationSchema {
  const excluded = new Set<string>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const list = new MutantList(excluded);
    const sources = renderAll(all, wanted, list);
    const bad = findUncompilable(sources, list.all);
    if (bad.length === 0) return { mutants: list.all, sources, discarded: excluded.size };
    for (const { key } of bad) excluded.add(key);
  }
  throw new Error("The schema does not compile, whatever is left out.");
}

function renderAll(
  all: readonly SoliditySource[],
  wanted: (path: string) => boolean,
  list: MutantList,
): Record<string, string> {
  const constants = findConstants(all);
  const sources: Record<string, string> = {};
  for (const source of all) {
    if (!wanted(source.path)) continue;
    const wraps: Wrap[] = [];
    for (const callable of bodiesOf(source)) {
      const body = childOf(callable, "body");
      if (body === undefined) continue;
      addExpressionMutants({ source, body, constants, list, wraps });
      addStatementMutants({ source, body, list, wraps });
      addModifierMutants({ source, callable, list, wraps });
    }
    if (wraps.length > 0) sources[source.path] = applyWraps(source.text, wraps);
  }
  return sources;
}

function findConstants(all: readonly SoliditySource[]): Map<number, AstNode> {
  const constants = new Map<number, AstNode>();
  for (const { ast } of all) {
    walk(ast, (node) => {
      if (node.nodeType === "VariableDeclaration" && node["constant"] === true) constants.set(node.id, node);
    });
  }
  return constants;
}

/** Nodes whose parts are not expressions that run. */
const NO_EXPRESSIONS = /TypeName$|^Yul|^InlineAssembly$/;

function addExpressionMutants(init: {
  source: SoliditySource;
  body: AstNode;
  constants: ReadonlyMap<number, AstNode>;
  list: MutantList;
  wraps: Wrap[];
}): void {
  const { source, body, constants, list, wraps } = init;
  walk(body, (node, ancestors) => {
    if (ancestors.some(({ nodeType }) => NO_EXPRESSIONS.test(nodeType))) return;
    const parent = ancestors[0];
    const cast = castFor(node, parent);
    let before = "";
    for (const change of changesOf({ source, node, parent, constants })) {
      const id = list.add(source, node, change);
      if (id !== undefined) before += `Probe.on(${id}) ? (${change.replacement}) : `;
    }
    if (before === "") return;
    const open = cast === undefined ? "((" : `${cast}((`;
    wraps.push({ ...rangeOf(node), before: `${open}${before}(`, after: ")))" });
  });
}

/** A statement may be left out, or run after its successor. */
function addStatementMutants(init: {
  source: SoliditySource;
  body: AstNode;
  list: MutantList;
  wraps: Wrap[];
}): void {
  const { source, body, list, wraps } = init;
  const text = (node: AstNode): string => {
    const { start, end } = statementRange(source, node);
    return source.text.slice(start, end);
  };
  /** Mutants under which a statement does not run in its own place. */
  const elsewhere = new Map<AstNode, number[]>();
  const skip = (node: AstNode, id: number): void => {
    elsewhere.set(node, [...(elsewhere.get(node) ?? []), id]);
  };
  walk(body, (node, ancestors) => {
    const parent = ancestors[0];
    if (parent !== undefined && isDroppable(node, parent)) {
      const dropped = { operator: "statement dropped", original: textOf(source, node), replacement: "" };
      const id = list.add(source, node, dropped);
      if (id !== undefined) skip(node, id);
    }
    const statements = statementsOf(node).filter(({ nodeType }) => nodeType !== "EmitStatement");
    for (const [index, second] of statements.entries()) {
      const first = statements[index - 1];
      if (first === undefined || !isOrderRelevant(source, first, second)) continue;
      const [a, b] = [text(first), text(second)];
      const change = { operator: "statements swapped", original: `${a} ${b}`, replacement: `${b} ${a}` };
      const id = list.add(source, first, change);
      if (id === undefined) continue;
      skip(second, id);
      const at = rangeOf(first).start;
      wraps.push({ start: at, end: at, before: `if (Probe.on(${id})) { ${b} } `, after: "" });
    }
  });
  for (const [node, ids] of elsewhere) {
    const condition = ids.map((id) => `!Probe.on(${id})`).join(" && ");
    wraps.push({ ...statementRange(source, node), before: `{ if (${condition}) { `, after: " } }" });
  }
}

/** The mutants next to the errors that solc reports; the whole file's when it names none. */
function findUncompilable(sources: Readonly<Record<string, string>>, mutants: readonly Mutant[]): Mutant[] {
  const output = runSolc(
    { ...sources, [PROBE_FILE]: PROBE_SOURCE },
    { outputSelection: { "*": { "": ["ast"] } } },
  );
  const bad = new Set<Mutant>();
  for (const { severity, sourceLocation, formattedMessage } of output.errors ?? []) {
    if (severity !== "error") continue;
    for (const id of idsNear(sources, sourceLocation)) {
      const mutant = mutants[id - 1];
      if (mutant !== undefined) bad.add(mutant);
    }
    if (bad.size === 0) throw new Error(formattedMessage);
  }
  return [...bad];
}

/** The switches in a place that solc names; the last one before it when there are none, or many. */
function idsNear(
  sources: Readonly<Record<string, string>>,
  place: { readonly file?: string; readonly start?: number; readonly end?: number } = {},
): number[] {
  const { file = "", start = 0, end = 0 } = place;
  const bytes = Buffer.from(sources[file] ?? "", "utf8");
  const idsIn = (from: number, to: number): number[] =>
    [...bytes.toString("utf8", from, to).matchAll(/Probe\.on\((\d+)\)/g)].map(([, id]) => Number(id));
  const inside = idsIn(start, end);
  return inside.length > 0 && inside.length <= 4 ? inside : idsIn(0, start).slice(-1);
}
