import {
  type AstNode,
  childOf,
  childrenOf,
  fieldOf,
  rangeOf,
  type Range,
  type SoliditySource,
  textOf,
  typeOf,
  walk,
} from "./solidity-ast.ts";

/** Where a statement ends: the tree leaves out the semicolon of simple ones. */
export function statementRange(source: SoliditySource, node: AstNode): Range {
  const { start, end } = rangeOf(node);
  const last = childOf(node, "falseBody") ?? childOf(node, "trueBody") ?? childOf(node, "body");
  if (last !== undefined) return { start, end: statementRange(source, last).end };
  if (source.text[end - 1] === "}" || source.text[end - 1] === ";") return { start, end };
  return { start, end: source.text.indexOf(";", end) + 1 };
}

/** A statement that can be left out and still compiles: an assignment, a call, an event, or a revert in an else. */
export function isDroppable(statement: AstNode, parent: AstNode): boolean {
  if (statement.nodeType === "EmitStatement") return true;
  if (statement.nodeType === "RevertStatement") return childOf(parent, "falseBody") === statement;
  if (statement.nodeType !== "ExpressionStatement" || parent.nodeType === "ForStatement") return false;
  const assigned = childOf(childOf(statement, "expression") ?? statement, "leftHandSide");
  // A storage pointer must be assigned on every path.
  return assigned === undefined || !typeOf(assigned).includes("storage pointer");
}

/** Whether the order of two neighbours can matter, as far as their text shows. */
export function isOrderRelevant(source: SoliditySource, first: AstNode, second: AstNode): boolean {
  if (![first, second].every((one) => SWAPPABLE.has(one.nodeType))) return false;
  const [a, b] = [effectsOf(source, first), effectsOf(source, second)];
  if (a.callsOut && b.callsOut) return true;
  if ((a.callsOut && b.writes.size > 0) || (b.callsOut && a.writes.size > 0)) return true;
  return meets(a.writes, b.reads) || meets(b.writes, a.reads);
}

const SWAPPABLE = new Set(["ExpressionStatement", "IfStatement"]);

interface Effects {
  /** Calls a function that may change state. */
  readonly callsOut: boolean;
  readonly writes: ReadonlySet<string>;
  readonly reads: ReadonlySet<string>;
}

function effectsOf(source: SoliditySource, statement: AstNode): Effects {
  const writes = new Set<string>();
  const reads = new Set<string>();
  let callsOut = false;
  walk(statement, (node) => {
    const target = childOf(node, "leftHandSide") ?? stepped(node);
    if (target !== undefined) writes.add(textOf(source, target));
    if (["Identifier", "MemberAccess", "IndexAccess"].includes(node.nodeType))
      reads.add(textOf(source, node));
    callsOut ||= changesState(node);
  });
  return { callsOut, writes, reads };
}

/** Operand of ++, -- and delete. */
function stepped(node: AstNode): AstNode | undefined {
  const changing = ["++", "--", "delete"].includes(fieldOf(node, "operator"));
  return node.nodeType === "UnaryOperation" && changing ? childOf(node, "subExpression") : undefined;
}

function changesState(node: AstNode): boolean {
  const callee = childOf(node, "expression");
  if (node.nodeType !== "FunctionCall" || callee === undefined) return false;
  const type = typeOf(callee);
  return type.startsWith("function") && !/\) (internal |external )?(view|pure)/.test(type) && !isError(node);
}

/** The call in a revert statement. */
function isError(node: AstNode): boolean {
  return typeOf(node).includes("error");
}

function meets(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].some((one) => b.has(one));
}

/** Statements of a block in order. */
export function statementsOf(block: AstNode): AstNode[] {
  return ["Block", "UncheckedBlock"].includes(block.nodeType) ? childrenOf(block, "statements") : [];
}
