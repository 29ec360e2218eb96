import { type Change } from "./mutant.ts";
import {
  type AstNode,
  childOf,
  childrenOf,
  fieldOf,
  rangeOf,
  type SoliditySource,
  textOf,
  typeOf,
} from "./solidity-ast.ts";

/** An expression in its place. */
export interface Place {
  readonly source: SoliditySource;
  readonly node: AstNode;
  readonly parent: AstNode | undefined;
  /** Declarations of constants by their ids in the syntax tree. */
  readonly constants: ReadonlyMap<number, AstNode>;
}

const TURNED: Readonly<Record<string, readonly string[]>> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
  "&&": ["||"],
  "||": ["&&"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "&": ["|"],
  "|": ["&"],
  "^": ["|"],
  "<<": [">>"],
  ">>": ["<<"],
  "+=": ["-="],
  "-=": ["+="],
  "*=": ["/="],
  "/=": ["*="],
  "|=": ["&="],
  "&=": ["|="],
};
const COMPARISONS = new Set(["<", "<=", ">", ">=", "==", "!="]);
const OPERATOR_NAMES: Readonly<Record<string, string>> = { "&&": "logic", "||": "logic" };

/** Everything that may be put in the place of an expression, each of the same type. */
export function changesOf(place: Place): Change[] {
  const original = textOf(place.source, place.node);
  return [
    ...turnedOperators(place),
    ...steps(place),
    ...constantsOffByOne(place),
    ...extremes(place),
    ...conditions(place),
  ]
    .filter(({ replacement }) => replacement !== original)
    .map((change) => ({ original, ...change }));
}

type Proposal = Omit<Change, "original">;

function turnedOperators({ source, node }: Place): Proposal[] {
  const [left, right] =
    node.nodeType === "Assignment"
      ? ["leftHandSide", "rightHandSide"]
      : ["leftExpression", "rightExpression"];
  const sides = [childOf(node, left), childOf(node, right)];
  if (!["BinaryOperation", "Assignment"].includes(node.nodeType)) return [];
  if (sides[0] === undefined || sides[1] === undefined || isConstant(node)) return [];
  const operator = fieldOf(node, "operator");
  const name =
    OPERATOR_NAMES[operator] ?? (COMPARISONS.has(operator) ? "comparison turned" : "arithmetic swapped");
  const [a, b] = [textOf(source, sides[0]), textOf(source, sides[1])];
  return (TURNED[operator] ?? []).map((turned) => ({
    operator: name === "logic" ? "and / or swapped" : name,
    replacement: `${a} ${turned} ${b}`,
  }));
}

/** ++ and -- */
function steps({ source, node }: Place): Proposal[] {
  const operator = fieldOf(node, "operator");
  const operand = childOf(node, "subExpression");
  if (node.nodeType !== "UnaryOperation" || operand === undefined) return [];
  const turned = { "++": "--", "--": "++" }[operator];
  if (turned === undefined) return [];
  const text = textOf(source, operand);
  const replacement = node["prefix"] === true ? `${turned}${text}` : `${text}${turned}`;
  return [{ operator: "arithmetic swapped", replacement }];
}

/** A literal, a constant computation and a named constant, each one more and one less. */
function constantsOffByOne({ source, node, parent, constants }: Place): Proposal[] {
  const operator = "constant changed by one";
  if (node.nodeType === "Literal" && fieldOf(node, "kind") === "bool") {
    return [
      {
        operator: "true and false swapped",
        replacement: fieldOf(node, "value") === "true" ? "false" : "true",
      },
    ];
  }
  const named = constants.get(Number(node["referencedDeclaration"]));
  if (named !== undefined && ["Identifier", "MemberAccess"].includes(node.nodeType)) {
    if (!isInteger(typeOf(named))) return [];
    const text = textOf(source, node);
    return [`${text} + 1`, `${text} - 1`].map((replacement) => ({ operator, replacement }));
  }
  const value = constantValue(node);
  if (value === undefined || !mayHoldAnyNumber(parent)) return [];
  return [value + 1n, value - 1n]
    .filter((changed) => changed >= 0n)
    .map((changed) => ({ operator, replacement: String(changed) }));
}

/** The type that a changed literal must be given, where the bare literal would make the computation narrower. */
export function castFor(node: AstNode, parent: AstNode | undefined): string | undefined {
  if (constantValue(node) === undefined || parent?.nodeType !== "BinaryOperation") return undefined;
  const shift = ["<<", ">>"].includes(fieldOf(parent, "operator"));
  if (shift) return childOf(parent, "leftExpression") === node ? "uint256" : undefined;
  const common = typeOf(parent, "commonType");
  return isInteger(common) ? common : undefined;
}

function extremes({ source, node }: Place): Proposal[] {
  const callee = childOf(node, "expression");
  if (node.nodeType !== "FunctionCall" || callee?.nodeType !== "MemberAccess") return [];
  const name = fieldOf(callee, "memberName");
  const [first, second] = childrenOf(node, "arguments").map((argument) => textOf(source, argument));
  const turned = { min: "max", max: "min" }[name];
  if (turned !== undefined) {
    const { start } = rangeOf(node);
    const end = rangeOf(callee).end;
    const head = source.text.slice(start, end).slice(0, -name.length);
    return [
      { operator: "min and max swapped", replacement: `${head}${turned}(${first ?? ""}, ${second ?? ""})` },
    ];
  }
  if (name !== "ceilDiv") return [];
  return [{ operator: "rounded down", replacement: `(${first ?? ""}) / (${second ?? ""})` }];
}

/** A condition that never holds (its guard is gone), and a bare condition negated. */
function conditions({ source, node, parent }: Place): Proposal[] {
  const isCondition = parent !== undefined && childOf(parent, "condition") === node;
  const isOperand =
    parent?.nodeType === "BinaryOperation" && ["&&", "||"].includes(fieldOf(parent, "operator"));
  if (!isCondition && !isOperand) return [];
  const proposals: Proposal[] = [];
  const withoutElse = parent.nodeType === "IfStatement" && childOf(parent, "falseBody") === undefined;
  if (withoutElse) proposals.push({ operator: "guard removed", replacement: "false" });
  if (node.nodeType !== "BinaryOperation") {
    proposals.push({ operator: "condition negated", replacement: `!(${textOf(source, node)})` });
  }
  return proposals;
}

function isInteger(type: string): boolean {
  return /^u?int\d*$/.test(type);
}

function isConstant(node: AstNode): boolean {
  return /^(int|rational)_const /.test(typeOf(node));
}

function constantValue(node: AstNode): bigint | undefined {
  const digits = /^int_const (\d+)$/.exec(typeOf(node))?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

/** Not within a larger constant, which is changed as a whole, nor where only this number has the right type. */
function mayHoldAnyNumber(parent: AstNode | undefined): boolean {
  if (parent === undefined || isConstant(parent)) return false;
  if (parent["isInlineArray"] === true) return false;
  const conversion = parent.nodeType === "FunctionCall" && fieldOf(parent, "kind") === "typeConversion";
  return !conversion || isInteger(typeOf(parent));
}
