import {
  type AstNode,
  childOf,
  childrenOf,
  fieldOf,
  rangeOf,
  type Range,
  runSolc,
  type SoliditySource,
  textOf,
  typeOf,
  walk,
} from "./solidity-ast.ts";
import { ScriptError } from "../script-error.ts";

interface Edit extends Range {
  readonly text: string;
}

/** A library's source; `text` may differ from what the file holds. */
export function parseLibrary(path: string, text: string): SoliditySource {
  const output = runSolc({ [path]: text }, { outputSelection: { "*": { "": ["ast"] } } });
  const ast = output.sources?.[path]?.ast;
  if (ast === undefined || (output.errors ?? []).some(({ severity }) => severity === "error")) {
    const details = (output.errors ?? []).map(({ formattedMessage }) => formattedMessage).join("\n");
    throw new ScriptError("LIBRARY_DOES_NOT_COMPILE", `${path} does not compile.`, { details });
  }
  return { path, text: Buffer.from(text, "utf8").toString("latin1"), ast };
}

/** What of a library is proved. */
export interface ModelOptions {
  /** Name of the first parameter, a struct in storage or in memory. */
  readonly record: string;
  readonly functions: readonly string[];
  /** Those of the functions whose arithmetic may not revert, for the arguments that the harness gives: `goesThrough`. */
  readonly total?: readonly string[];
  /** Solidity that stands for functions that are left out. */
  readonly stubs?: string;
}

/**
 * A library as a contract that solc's model checker can reason about: it loses track of what is written through a
 * storage pointer that was passed to a function, and of what is written through a local one. So
 * - the parameter `record`, which is passed by reference, becomes a state variable of that name, and is passed no more;
 * - a local storage pointer is replaced by what it points to;
 * - narrow integers are as wide as uint256, and where the library converts to a narrow one, the copy claims that the
 *   value fits: the solver is lost in truncations, and one that cuts something off would be a bug. Where a sum of narrow
 *   ones is too large, the library reverts and the copy goes on: it does all that the library does, and more;
 * - in functions that must not revert, the copy claims that their arithmetic does not.
 * Every other character of the functions' bodies stays. The copy means the same as the library as long as the caller
 * passes one and the same storage record, and no index of a replaced pointer changes while it is used.
 */
export function modelOfLibrary(source: SoliditySource, init: ModelOptions): string {
  const { record, functions: wanted, total = [], stubs = "" } = init;
  const library = childrenOf(source.ast, "nodes").find(({ contractKind }) => contractKind === "library");
  if (library === undefined) throw new Error(`${source.path} holds no library.`);
  const parts = childrenOf(library, "nodes").filter(
    (node) => node.nodeType !== "FunctionDefinition" || wanted.includes(fieldOf(node, "name")),
  );
  let recordType = "";
  const texts = parts.map((part) => {
    const { edits, type } = editsFor(source, part, record);
    if (total.includes(fieldOf(part, "name"))) claimArithmetic(source, part, edits);
    recordType ||= type;
    return applyEdits(source, part, edits) + (needsSemicolon(part) ? ";" : "");
  });
  const imports = childrenOf(source.ast, "nodes")
    .filter(({ nodeType }) => nodeType === "ImportDirective")
    .map((node) =>
      textOf(source, node).replace(/"@openzeppelin[^"]*"/, '"test/proofs/OpenZeppelinModel.sol"'),
    )
    .map((text) =>
      text
        .replace(/"\.\.\/types\//, '"generated/')
        .replace(/"\.\.\//, '"contracts/')
        .replace(/"\.\//, '"contracts/libraries/'),
    );
  const name = `${fieldOf(library, "name")}Model`;
  // `allFit` may be written in each of them.
  const mutable = texts.map((text) => text.replace(/ (pure|view)(?= returns)/, ""));
  return [
    "// SPDX-License-Identifier: Apache-2.0",
    "pragma solidity ^0.8.24;",
    ...imports,
    `abstract contract ${name} {`,
    ...mutable,
    ...CLAIMS,
    stubs,
    `${recordType} internal ${record};`,
    "}",
  ].join("\n");
}

function needsSemicolon(part: AstNode): boolean {
  return part.nodeType === "VariableDeclaration";
}

/** The edits of one function, and the type of the record when it has one. */
function editsFor(source: SoliditySource, part: AstNode, record: string): { edits: Edit[]; type: string } {
  const edits: Edit[] = [];
  const replaced = new Map<number, string>();
  let type = "";
  walk(part, (node, [parent]) => {
    const pointer = storagePointerOf(node);
    if (pointer !== undefined) {
      replaced.set(pointer.id, textOf(source, pointer.initial));
      const { start, end } = rangeOf(node);
      edits.push({ start, end: source.text.indexOf(";", end) + 1, text: "" });
    }
    widen({ source, node, parent }, edits);
    const parameter = recordParameterOf(node);
    if (parameter !== undefined) {
      type = (/struct (?:\w+\.)?(\w+)/.exec(typeOf(parameter)) ?? [])[1] ?? "";
      const { start, end } = rangeOf(parameter);
      const comma = /^\s*,\s*/.exec(source.text.slice(end))?.[0].length ?? 0;
      edits.push({ start, end: end + comma, text: "" });
    }
    const target = replaced.get(Number(node["referencedDeclaration"]));
    if (node.nodeType === "Identifier" && target !== undefined)
      edits.push({ ...rangeOf(node), text: target });
    passNoRecord(node, record, edits);
  });
  return { edits, type };
}

/** The local storage pointer that a statement declares, and what it points to. */
function storagePointerOf(node: AstNode): { id: number; initial: AstNode } | undefined {
  if (node.nodeType !== "VariableDeclarationStatement") return undefined;
  const [declaration] = childrenOf(node, "declarations");
  const initial = childOf(node, "initialValue");
  if (declaration === undefined || initial === undefined) return undefined;
  if (fieldOf(declaration, "storageLocation") !== "storage") return undefined;
  return { id: declaration.id, initial };
}

/** The first parameter of a function, when it is a record that is passed by reference. */
function recordParameterOf(node: AstNode): AstNode | undefined {
  if (node.nodeType !== "FunctionDefinition") return undefined;
  const list = childOf(node, "parameters");
  const first = list === undefined ? undefined : childrenOf(list, "parameters")[0];
  return first !== undefined && /^(?:storage|memory)$/.test(fieldOf(first, "storageLocation"))
    ? first
    : undefined;
}

/** A file with nothing but types, as wide as the copy of the library that stores them. */
export function modelOfTypes(text: string): string {
  return text
    .replace(/\buint(16|24|32|40|64|96|128)\b/g, "uint256")
    .replaceAll('"./', '"contracts/types/')
    .replaceAll('"../', '"contracts/');
}

/**
 * Narrow integers become uint256, and each conversion to one becomes the claim that the value fits. A type in an
 * expression stays: it is what is converted to, or type(uint96).
 */
function widen(
  { source, node, parent }: { source: SoliditySource; node: AstNode; parent: AstNode | undefined },
  edits: Edit[],
): void {
  const isType =
    node.nodeType === "ElementaryTypeName" && parent?.nodeType !== "ElementaryTypeNameExpression";
  if (isType && WIDENED.test(fieldOf(node, "name"))) edits.push({ ...rangeOf(node), text: "uint256" });
  const callee = childOf(node, "expression");
  if (fieldOf(node, "kind") !== "typeConversion" || callee === undefined) return;
  const bits = WIDENED.exec(textOf(source, callee))?.[1];
  if (bits !== undefined) edits.push({ ...rangeOf(callee), text: `_fits${bits}` });
}

/**
 * A value that does not fit, and arithmetic that reverts, are remembered: the proof requires `allFit` and `goesThrough`
 * where a call starts, and claims them where it ends.
 */
const CLAIMS = [
  "bool internal allFit = true;",
  ...[16, 32, 40, 64, 96, 128].map(
    (bits) =>
      `function _fits${bits}(uint256 v) internal returns (uint256) { allFit = allFit && v <= type(uint${bits}).max; return v; }`,
  ),
  "bool internal goesThrough = true;",
  ...[
    ["_plus", "a <= type(uint256).max - b", "a + b"],
    ["_minus", "b <= a", "a - b"],
    // More than that, but no product of these overflows, and the solver need not multiply to see it.
    ["_times", "a <= type(uint128).max && b <= type(uint128).max", "a * b"],
    ["_quotient", "b != 0", "a / b"],
    ["_remainder", "b != 0", "a % b"],
  ].map(
    ([name = "", condition = "", result = ""]) =>
      `function ${name}(uint256 a, uint256 b) internal returns (uint256) { if (${condition}) return ${result}; goesThrough = false; return 0; }`,
  ),
];

/** `a - b` becomes `_minus(a, b)`, which claims that this does not revert, and the like. */
function claimArithmetic(source: SoliditySource, part: AstNode, edits: Edit[]): void {
  const closing: Edit[] = [];
  walk(part, (node) => {
    if (mayRevert(source, node)) {
      const details = `${fieldOf(part, "name")}: ${textOf(source, node)}`;
      throw new ScriptError("MAY_REVERT", "No claim is made of this, and it may revert.", { details });
    }
    const name = ARITHMETIC[fieldOf(node, "operator")];
    const [left, right] = [childOf(node, "leftExpression"), childOf(node, "rightExpression")];
    if (name === undefined || left === undefined || right === undefined) return;
    const { start, end } = rangeOf(node);
    edits.push({ start, end: start, text: `${name}(` });
    closing.push({ start: rangeOf(left).end, end: rangeOf(right).start, text: ", " });
    closing.push({ start: end, end, text: ")" });
  });
  // What is inside closes first.
  edits.push(...closing.reverse());
}

/** Besides the operators of which claims are made, and `+=`: that it does not overflow, the harness claims of its cell. */
function mayRevert(source: SoliditySource, node: AstNode): boolean {
  if (node.nodeType === "RevertStatement") return true;
  const callee = childOf(node, "expression");
  if (node.nodeType === "FunctionCall" && callee !== undefined)
    return /^(?:require|assert|revert)$|\.to(?:Ui|I)nt\d+$/.test(textOf(source, callee));
  return ["-=", "*=", "/=", "%=", "**"].includes(fieldOf(node, "operator"));
}

const ARITHMETIC: Readonly<Record<string, string>> = {
  "+": "_plus",
  "-": "_minus",
  "*": "_times",
  "/": "_quotient",
  "%": "_remainder",
};

/** Not uint48, with which keys are cut on purpose. */
const WIDENED = /^uint(16|32|40|64|96|128)$/;

/** f(record, x) within the library calls the copy as f(x). */
function passNoRecord(node: AstNode, record: string, edits: Edit[]): void {
  const [first, second] = childrenOf(node, "arguments");
  if (node.nodeType !== "FunctionCall" || first === undefined || fieldOf(first, "name") !== record) return;
  const end = second === undefined ? rangeOf(first).end : rangeOf(second).start;
  edits.push({ start: rangeOf(first).start, end, text: "" });
}

function applyEdits(source: SoliditySource, part: AstNode, edits: readonly Edit[]): string {
  const { start, end } = rangeOf(part);
  const isInsertion = (edit: Edit): boolean => edit.start === edit.end;
  const kept = edits.filter(
    (edit) => isInsertion(edit) || !edits.some((other) => other !== edit && contains(other, edit)),
  );
  let text = "";
  let position = start;
  for (const edit of kept.sort((a, b) => a.start - b.start)) {
    text += source.text.slice(position, edit.start) + edit.text;
    position = edit.end;
  }
  return text + source.text.slice(position, end);
}

function contains(outer: Range, inner: Range): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
