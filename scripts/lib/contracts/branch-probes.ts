import { type Wrap } from "./probe-library.ts";
import {
  type AstNode,
  bodiesOf,
  childOf,
  childrenOf,
  fieldOf,
  lineOf,
  rangeOf,
  type SoliditySource,
  textOf,
  walk,
} from "./solidity-ast.ts";

/** One thing that a test run either did or did not do. */
export interface BranchProbe {
  readonly id: number;
  readonly path: string;
  readonly line: number;
  readonly kind: "branch" | "function";
  /** Such as `true: amount == 0`. */
  readonly what: string;
}

/** Fields that hold a condition. Each has two outcomes, whether or not there is a statement for either. */
const CONDITIONS: Readonly<Record<string, string>> = {
  IfStatement: "condition",
  Conditional: "condition",
  WhileStatement: "condition",
  DoWhileStatement: "condition",
  ForStatement: "condition",
};
const LONGEST_TEXT = 90;

/**
 * Finds what must be reached in a file: both outcomes of every condition of an if, a loop, `?:` and `require`, both
 * outcomes of every operand of && and ||, every catch clause, and every function.
 */
export class BranchInstrumenter {
  readonly probes: BranchProbe[] = [];

  /** The probes of one file, as text to put into it. */
  instrument(source: SoliditySource): Wrap[] {
    const wraps: Wrap[] = [];
    const wrapped = new Set<AstNode>();
    const condition = (node: AstNode): void => {
      if (wrapped.has(node)) return;
      wrapped.add(node);
      const text = textOf(source, node).replace(/\s+/g, " ").slice(0, LONGEST_TEXT);
      const yes = this.#add(source, node, { kind: "branch", what: `true: ${text}` });
      const no = this.#add(source, node, { kind: "branch", what: `false: ${text}` });
      wraps.push({ ...rangeOf(node), before: "Probe.branch(", after: `, ${yes}, ${no})` });
    };
    const block = (node: AstNode, what: Pick<BranchProbe, "kind" | "what">): void => {
      const at = rangeOf(node).start + 1;
      wraps.push({ start: at, end: at, before: ` Probe.hit(${this.#add(source, node, what)});`, after: "" });
    };
    for (const body of bodiesOf(source)) {
      const entry = childOf(body, "body");
      const name = fieldOf(body, "name") || fieldOf(body, "kind");
      if (entry !== undefined) block(entry, { kind: "function", what: name });
      walk(body, (node) => {
        for (const tested of testedIn(node)) condition(tested);
        if (node.nodeType !== "TryCatchClause") return;
        const clause = childOf(node, "block");
        if (clause !== undefined) block(clause, { kind: "branch", what: "clause of try" });
      });
    }
    return wraps;
  }

  #add(source: SoliditySource, node: AstNode, probe: Pick<BranchProbe, "kind" | "what">): number {
    const id = this.probes.length + 1;
    this.probes.push({ id, path: source.path, line: lineOf(source, rangeOf(node).start), ...probe });
    return id;
  }
}

/** The expressions below a node of which both outcomes count. */
function testedIn(node: AstNode): AstNode[] {
  const field = CONDITIONS[node.nodeType];
  const tested = [field === undefined ? undefined : childOf(node, field)];
  if (isLogical(node)) tested.push(...operandsOf(node));
  const callee = childOf(node, "expression");
  if (node.nodeType === "FunctionCall" && callee !== undefined && fieldOf(callee, "name") === "require") {
    tested.push(childrenOf(node, "arguments")[0]);
  }
  return tested.filter((one) => one !== undefined);
}

function isLogical(node: AstNode): boolean {
  return node.nodeType === "BinaryOperation" && ["&&", "||"].includes(fieldOf(node, "operator"));
}

/** An operand that is itself && or || is counted by its own operands. */
function operandsOf(node: AstNode): AstNode[] {
  const sides = [childOf(node, "leftExpression"), childOf(node, "rightExpression")];
  return sides.filter((side) => side !== undefined && !isLogical(side)) as AstNode[];
}
