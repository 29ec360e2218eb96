import { type Span } from "../manifest/issue.ts";

/** A text without aliases and merge keys: what a file means, with where each thing stands. */
export type Tree = TextTree | ListTree | MapTree | NothingTree;

export interface TextTree {
  readonly kind: "a text";
  readonly text: string;
  readonly span: Span;
  /** Variables in it that have no value. */
  readonly unset?: readonly string[];
  /** The text with its variables, when one of them was given a value: a value may be a secret, and is not quoted. */
  readonly written?: string;
}

export interface ListTree {
  readonly kind: "a list";
  readonly items: readonly Tree[];
  readonly span: Span;
}

export interface MapTree {
  readonly kind: "a map";
  readonly entries: readonly TreeEntry[];
  readonly span: Span;
}

export interface NothingTree {
  readonly kind: "nothing";
  readonly span: Span;
}

export interface TreeEntry {
  readonly name: string;
  readonly keySpan: Span;
  readonly value: Tree;
}
