import { glob, readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import solc from "solc";
import { inRoot, ROOT } from "../paths.ts";
import { ScriptError } from "../script-error.ts";

/** A node of solc's syntax tree. Its other fields depend on `nodeType` and are read with the functions below. */
export interface AstNode {
  readonly id: number;
  readonly nodeType: string;
  /** start:length:file, in bytes. */
  readonly src: string;
  readonly [field: string]: unknown;
}

/** Bytes [start, end) of a file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A source file. `text` has one character per byte, so that the tree's byte offsets are its indices. */
export interface SoliditySource {
  readonly path: string;
  readonly text: string;
  readonly ast: AstNode;
}

/** What solc says about a compilation, as far as these tools read it. */
export interface SolcOutput {
  readonly errors?: readonly {
    readonly severity: string;
    readonly message: string;
    readonly formattedMessage: string;
    readonly errorCode?: string;
    readonly sourceLocation?: { readonly file: string; readonly start: number; readonly end: number };
  }[];
  readonly sources?: Readonly<Record<string, { readonly ast: AstNode }>>;
}

const compiler = solc as unknown as {
  compile(
    input: string,
    callbacks: { import(path: string): { contents: string } | { error: string } },
  ): string;
};

/** Runs solc over sources given by repository path; imports are read from the repository and from node_modules. */
export function runSolc(sources: Readonly<Record<string, string>>, settings: object): SolcOutput {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([path, content]) => [path, { content }])),
    settings: { evmVersion: "cancun", ...settings },
  };
  const read = (path: string): { contents: string } | { error: string } => {
    const file = path.startsWith("@") ? inRoot(`node_modules/${path}`) : inRoot(path);
    try {
      return { contents: readFileSync(file, "utf8") };
    } catch (error) {
      return { error: String(error) };
    }
  };
  return JSON.parse(compiler.compile(JSON.stringify(input), { import: read })) as SolcOutput;
}

/** The files that match, by their paths in the repository, sorted. */
export async function findFiles(pattern: string, exclude: RegExp = /^$/): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of glob(pattern, { cwd: ROOT })) if (!exclude.test(path)) paths.push(path);
  return paths.sort();
}

/** Parses and type-checks contracts/, without generating code. */
export async function parseContracts(exclude = /^contracts\/mocks\//): Promise<SoliditySource[]> {
  const contents: Record<string, string> = {};
  for (const path of await findFiles("contracts/**/*.sol"))
    contents[path] = await readFile(inRoot(path), "utf8");
  const output = runSolc(contents, { outputSelection: { "*": { "": ["ast"] } } });
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    const details = errors.map(({ formattedMessage }) => formattedMessage).join("\n");
    throw new ScriptError("CONTRACTS_DO_NOT_COMPILE", "The contracts do not compile.", { details });
  }
  return Object.entries(contents)
    .filter(([path]) => !exclude.test(path))
    .map(([path, content]) => {
      const ast = output.sources?.[path]?.ast;
      if (ast === undefined) throw new ScriptError("NO_SYNTAX_TREE", `solc gave no syntax tree of ${path}.`);
      return { path, text: Buffer.from(content, "utf8").toString("latin1"), ast };
    });
}

export function rangeOf(node: AstNode): Range {
  const [start = 0, length = 0] = node.src.split(":").map(Number);
  return { start, end: start + length };
}

export function textOf(source: SoliditySource, node: AstNode): string {
  const { start, end } = rangeOf(node);
  return source.text.slice(start, end);
}

export function lineOf(source: SoliditySource, offset: number): number {
  return source.text.slice(0, offset).split("\n").length;
}

function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && "nodeType" in value;
}

/** The node in a field, or undefined. */
export function childOf(node: AstNode, field: string): AstNode | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

/** The nodes in a list field; empty when there is none. */
export function childrenOf(node: AstNode, field: string): AstNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** A field's text; empty when it has none. */
export function fieldOf(node: AstNode, field: string): string {
  const value = node[field];
  return typeof value === "string" ? value : "";
}

/** Solidity's name for the type of an expression, such as `uint256` or `int_const 7`. */
export function typeOf(node: AstNode, field = "typeDescriptions"): string {
  const value = node[field] as { typeString?: string } | undefined;
  return value?.typeString ?? "";
}

/** Calls `visit` for a node and everything below it, parents first; `ancestors` starts with the nearest. */
export function walk(
  node: AstNode,
  visit: (node: AstNode, ancestors: readonly AstNode[]) => void,
  ancestors: readonly AstNode[] = [],
): void {
  visit(node, ancestors);
  const below = [node, ...ancestors];
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) walk(item, visit, below);
  }
}

/** Functions and modifiers of a file that have a body. */
export function bodiesOf(source: SoliditySource): AstNode[] {
  const found: AstNode[] = [];
  walk(source.ast, (node) => {
    const callable = node.nodeType === "FunctionDefinition" || node.nodeType === "ModifierDefinition";
    if (callable && childOf(node, "body") !== undefined) found.push(node);
  });
  return found;
}
