import {
  type AstNode,
  bodiesOf,
  childOf,
  childrenOf,
  fieldOf,
  lineOf,
  rangeOf,
  type SoliditySource,
  walk,
} from "./solidity-ast.ts";

/** What is allowed, and why: by `Contract.function` and by the error's name. */
export interface ContractRules {
  readonly loops: Readonly<Record<string, string>>;
  readonly errorsWithoutValues: Readonly<Record<string, string>>;
}

const LOOPS = new Set(["ForStatement", "WhileStatement", "DoWhileStatement"]);

/** Every break of a rule, and every exception that is no longer needed, one line each. */
export function findRuleBreaks(sources: readonly SoliditySource[], rules: ContractRules): string[] {
  const loops = sources.flatMap(findLoops);
  const bare = sources.flatMap(findErrorsWithoutValues);
  return [
    ...compare(loops, rules.loops, "has a loop whose bound is not in scripts/contract-rules.json"),
    ...compare(
      bare,
      rules.errorsWithoutValues,
      "carries no values, and scripts/contract-rules.json has no reason",
    ),
    ...sources.flatMap(findWithoutRequirements),
  ];
}

interface Finding {
  readonly name: string;
  readonly place: string;
}

function compare(
  found: readonly Finding[],
  allowed: Readonly<Record<string, string>>,
  problem: string,
): string[] {
  const names = new Set(found.map(({ name }) => name));
  return [
    ...found
      .filter(({ name }) => (allowed[name] ?? "") === "")
      .map(({ name, place }) => `${place}: ${name} ${problem}`),
    ...Object.keys(allowed)
      .filter((name) => !names.has(name))
      .map((name) => `scripts/contract-rules.json: there is no ${name} any more`),
  ];
}

function placeOf(source: SoliditySource, node: AstNode): string {
  return `${source.path}:${lineOf(source, rangeOf(node).start)}`;
}

function findLoops(source: SoliditySource): Finding[] {
  const file = source.path.replace(/^.*\/|\.sol$/g, "");
  const found = new Map<string, Finding>();
  for (const body of bodiesOf(source)) {
    const name = `${file}.${fieldOf(body, "name") || fieldOf(body, "kind")}`;
    walk(body, (node) => {
      if (LOOPS.has(node.nodeType)) found.set(name, { name, place: placeOf(source, node) });
    });
  }
  return [...found.values()];
}

function findErrorsWithoutValues(source: SoliditySource): Finding[] {
  const found: Finding[] = [];
  walk(source.ast, (node) => {
    if (node.nodeType !== "ErrorDefinition") return;
    const list = childOf(node, "parameters");
    if (list !== undefined && childrenOf(list, "parameters").length > 0) return;
    found.push({ name: fieldOf(node, "name"), place: placeOf(source, node) });
  });
  return found;
}

/** External functions of interfaces that may change something and do not say what they require. */
function findWithoutRequirements(source: SoliditySource): string[] {
  const found: string[] = [];
  walk(source.ast, (node, [parent]) => {
    const declared = node.nodeType === "FunctionDefinition" && parent?.["contractKind"] === "interface";
    if (!declared || ["view", "pure"].includes(fieldOf(node, "stateMutability"))) return;
    const documentation = childOf(node, "documentation");
    if (documentation !== undefined && /Requirements:/.test(fieldOf(documentation, "text"))) return;
    found.push(`${placeOf(source, node)}: ${fieldOf(node, "name")} does not state its Requirements`);
  });
  return found;
}
