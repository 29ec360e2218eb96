import { type MutantList } from "./mutant.ts";
import { type Wrap } from "./probe-library.ts";
import {
  type AstNode,
  childOf,
  childrenOf,
  fieldOf,
  rangeOf,
  type SoliditySource,
  textOf,
} from "./solidity-ast.ts";

/**
 * A modifier cannot be switched off from inside. So the function is split: one copy has the modifiers and calls the
 * body, one per mutant has one modifier less, and the function itself picks one of them.
 */
export function addModifierMutants(init: {
  source: SoliditySource;
  callable: AstNode;
  list: MutantList;
  wraps: Wrap[];
}): void {
  const { source, callable, list, wraps } = init;
  const modifiers = childrenOf(callable, "modifiers").filter(
    (modifier) => fieldOf(modifier, "kind") === "modifierInvocation",
  );
  const body = childOf(callable, "body");
  if (modifiers.length === 0 || body === undefined || fieldOf(callable, "kind") !== "function") return;
  const header = headerOf(source, callable);
  const texts = modifiers.map((modifier) => textOf(source, modifier));
  const dropped = modifiers.flatMap((modifier, index) => {
    const original = texts[index] ?? "";
    const id = list.add(source, modifier, { operator: "modifier dropped", original, replacement: "" });
    return id === undefined ? [] : [{ id, rest: texts.filter((_, other) => other !== index) }];
  });
  if (dropped.length === 0) return;

  const call = (name: string): string => `${header.returns === "" ? "" : "return "}${name}(${header.names});`;
  const copy = (name: string, applied: readonly string[]): string =>
    `function ${name}(${header.parameters}) private ${header.mutability} ${applied.join(" ")} ${header.types} { ${call(header.plain)} } `;
  const choices = dropped.map(
    ({ id }) =>
      `if (Probe.on(${id})) { ${header.returns === "" ? call(`${header.plain}_${id}`) + " return;" : call(`${header.plain}_${id}`)} } `,
  );
  const { start } = rangeOf(callable);
  const bodyStart = rangeOf(body).start;
  const before =
    `${without(source, callable, modifiers)} { ${choices.join("")}${call(`${header.plain}_all`)} } ` +
    copy(`${header.plain}_all`, texts) +
    dropped.map(({ id, rest }) => copy(`${header.plain}_${id}`, rest)).join("") +
    `function ${header.plain}(${header.parameters}) private ${header.mutability} ${header.returns} `;
  // The old header stays, as a comment: what is inside it is on no other range.
  wraps.push({ start, end: bodyStart, before: `${before} /* `, after: " */ " });
}

interface Header {
  readonly plain: string;
  readonly parameters: string;
  readonly names: string;
  readonly mutability: string;
  /** `returns (...)` with names, or nothing. */
  readonly returns: string;
  /** The same without names, which would only be unused. */
  readonly types: string;
}

function headerOf(source: SoliditySource, callable: AstNode): Header {
  const list = (field: string): AstNode[] => {
    const found = childOf(callable, field);
    return found === undefined ? [] : childrenOf(found, "parameters");
  };
  const returned = list("returnParameters").map((parameter) => textOf(source, parameter));
  const mutability = fieldOf(callable, "stateMutability");
  return {
    plain: `${fieldOf(callable, "name")}__${callable.id}`,
    parameters: list("parameters")
      .map((parameter) => textOf(source, parameter))
      .join(", "),
    names: list("parameters")
      .map((parameter) => fieldOf(parameter, "name"))
      .join(", "),
    mutability: ["view", "pure"].includes(mutability) ? mutability : "",
    returns: returned.length === 0 ? "" : `returns (${returned.join(", ")})`,
    types: returned.length === 0 ? "" : `returns (${returned.join(", ")})`,
  };
}

/** The function's header as it was, less its modifiers. */
function without(source: SoliditySource, callable: AstNode, modifiers: readonly AstNode[]): string {
  const { start } = rangeOf(callable);
  const body = childOf(callable, "body");
  let header = source.text.slice(start, body === undefined ? start : rangeOf(body).start);
  for (const modifier of [...modifiers].reverse()) {
    const range = rangeOf(modifier);
    header = header.slice(0, range.start - start) + header.slice(range.end - start);
  }
  return header;
}
