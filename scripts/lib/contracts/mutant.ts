import { createHash } from "node:crypto";
import { type AstNode, lineOf, rangeOf, type SoliditySource } from "./solidity-ast.ts";

/** One change to one place of a contract. */
export interface Mutant {
  /** Number in this build, which the block's coinbase carries. */
  readonly id: number;
  /** Stays the same while the place and its surroundings do. */
  readonly key: string;
  readonly path: string;
  readonly line: number;
  readonly operator: string;
  readonly original: string;
  readonly replacement: string;
}

/** A change as an operator proposes it. */
export interface Change {
  readonly operator: string;
  readonly original: string;
  readonly replacement: string;
}

const ONE_LINE = /\s+/g;
const SURROUNDINGS = 60;

/** Numbers the mutants of all files. */
export class MutantList {
  readonly all: Mutant[] = [];
  readonly #keys = new Map<string, number>();
  readonly #excluded: ReadonlySet<string>;

  /** `excluded` are keys of mutants that do not compile; they get no number. */
  constructor(excluded: ReadonlySet<string>) {
    this.#excluded = excluded;
  }

  /** The number of the new mutant, or undefined when it is excluded. */
  add(source: SoliditySource, node: AstNode, change: Change): number | undefined {
    const { start, end } = rangeOf(node);
    const around = source.text.slice(Math.max(0, start - SURROUNDINGS), end + SURROUNDINGS);
    const print = [source.path, change.operator, change.original, change.replacement, around].join("\0");
    const hash = createHash("sha256").update(print.replace(ONE_LINE, " ")).digest("hex").slice(0, 12);
    const seen = this.#keys.get(hash) ?? 0;
    this.#keys.set(hash, seen + 1);
    const key = seen === 0 ? hash : `${hash}-${seen}`;
    if (this.#excluded.has(key)) return undefined;
    const id = this.all.length + 1;
    const shown = { original: oneLine(change.original), replacement: oneLine(change.replacement) };
    this.all.push({
      id,
      key,
      path: source.path,
      line: lineOf(source, start),
      operator: change.operator,
      ...shown,
    });
    return id;
  }
}

function oneLine(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8").replace(ONE_LINE, " ");
}
