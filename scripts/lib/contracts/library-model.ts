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

interface Edit extends Range {
  readonly text: string;
}

/** What of a library is proved. */
export interface ModelOptions {
  /** Name of the first parameter, a struct in storage or in memory. */
  readonly record: string;
  readonly functions: readonly string[];
  /** Solidity that stands for functions that are left out. */
  readonly stubs?: string;
}

/**
 * A library as a contract that solc's model checker can reason about: it loses track of what is written through a
 * storage pointer that was passed to a function, and of what is written through a local one. So
 * - the parameter `record`, which is passed by reference, becomes a state variable of that name, and is passed no more;
 * - a local storage pointer is replaced by what it points to;
 * - narrow integers are as wide as uint256, and where the library converts to a narrow one, the copy claims that the
 *   value fits: the solver is lost in truncations, and one that cuts something off would be a bug.
 * Every other character of the functions' bodies stays. The copy means the same as the library as long as the caller
 * passes one and the same storage record, and no index of a replaced pointer changes while it is used.
 */
export function modelOfLibrary(source: SoliditySource, init: ModelOptions): string {
  const { record, functions: wanted, stubs = "" } = init;
  const library = childrenOf(source.ast, "nodes").find(({ contractKind }) => contractKind === "library");
  if (library === undefined) throw new Error(`${source.path} holds no library.`);
  const parts = childrenOf(library, "nodes").filter(
    (node) => node.nodeType !== "FunctionDefinition" || wanted.includes(fieldOf(node, "name")),
  );
  let recordType = "";
  const texts = parts.map((part) => {
    const { edits, type } = editsFor(source, part, record);
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
  walk(part, (node) => {
    const pointer = storagePointerOf(node);
    if (pointer !== undefined) {
      replaced.set(pointer.id, textOf(source, pointer.initial));
      const { start, end } = rangeOf(node);
      edits.push({ start, end: source.text.indexOf(";", end) + 1, text: "" });
    }
    widen(source, node, edits);
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
    .replace(/\buint(16|24|40|64|96|128)\b/g, "uint256")
    .replaceAll('"./', '"contracts/types/')
    .replaceAll('"../', '"contracts/');
}

/** Narrow integers become uint256, and each conversion to one becomes the claim that the value fits. */
function widen(source: SoliditySource, node: AstNode, edits: Edit[]): void {
  if (node.nodeType === "ElementaryTypeName" && WIDENED.test(fieldOf(node, "name"))) {
    edits.push({ ...rangeOf(node), text: "uint256" });
  }
  const callee = childOf(node, "expression");
  if (fieldOf(node, "kind") !== "typeConversion" || callee === undefined) return;
  const bits = WIDENED.exec(textOf(source, callee))?.[1];
  if (bits !== undefined) edits.push({ ...rangeOf(callee), text: `_fits${bits}` });
}

/** A value that does not fit is remembered: the proof requires `allFit` where a call starts, and claims it at its end. */
const CLAIMS = [
  "bool internal allFit = true;",
  ...[16, 40, 64, 96, 128].map(
    (bits) =>
      `function _fits${bits}(uint256 v) internal returns (uint256) { allFit = allFit && v <= type(uint${bits}).max; return v; }`,
  ),
];

/** Not uint48, with which keys are cut on purpose. */
const WIDENED = /^uint(16|40|64|96|128)$/;

/** f(record, x) within the library calls the copy as f(x). */
function passNoRecord(node: AstNode, record: string, edits: Edit[]): void {
  const [first, second] = childrenOf(node, "arguments");
  if (node.nodeType !== "FunctionCall" || first === undefined || fieldOf(first, "name") !== record) return;
  const end = second === undefined ? rangeOf(first).end : rangeOf(second).start;
  edits.push({ start: rangeOf(first).start, end, text: "" });
}

function applyEdits(source: SoliditySource, part: AstNode, edits: readonly Edit[]): string {
  const { start, end } = rangeOf(part);
  const kept = edits.filter((edit) => !edits.some((other) => other !== edit && contains(other, edit)));
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
