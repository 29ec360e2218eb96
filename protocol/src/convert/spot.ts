import { type Path, type Span } from "../manifest/issue.ts";
import { MAX_QUOTED_LENGTH } from "../manifest/limits.ts";
import { type ConvertCode } from "./codes.ts";
import { type Remark, type Report } from "./report.ts";
import { type Tree } from "./tree.ts";

/** A remark whose `found` is what stands at the spot, unless it says otherwise. */
export type SpotRemark = Omit<Remark, "found"> & { readonly found?: string };

/** One value of the source: what stands there, where, and how to say what became of it. */
export class Spot {
  readonly tree: Tree;
  readonly path: Path;
  readonly #report: Report;
  readonly #span: Span;

  constructor(report: Report, at: { readonly tree: Tree; readonly path: Path; readonly span: Span }) {
    this.#report = report;
    this.tree = at.tree;
    this.path = at.path;
    this.#span = at.span;
  }

  /** Name or number of the value in what holds it. */
  get name(): string {
    return String(this.path.at(-1) ?? "");
  }

  /** The text as it was written, or undefined for a map, a list or nothing. */
  get text(): string | undefined {
    return this.tree.kind === "a text" ? this.tree.text : undefined;
  }

  get unset(): readonly string[] {
    return this.tree.kind === "a text" ? (this.tree.unset ?? []) : [];
  }

  get quoted(): string {
    if (this.tree.kind !== "a text") return this.tree.kind;
    const text = this.tree.written ?? this.tree.text;
    return text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text;
  }

  /** The value of a key that is there and not empty. */
  find(name: string): Spot | undefined {
    return this.entries().find((entry) => entry.name === name && entry.tree.kind !== "nothing");
  }

  /** The value at a path of keys. */
  findIn(...names: readonly string[]): Spot | undefined {
    return names.reduce<Spot | undefined>((inner, name) => inner?.find(name), this);
  }

  /** Text at a path of keys; empty when there is none. */
  textAt(...names: readonly string[]): string {
    return this.findIn(...names)?.text ?? "";
  }

  /** Items at a path of keys; none when there is no list. */
  itemsAt(...names: readonly string[]): Spot[] {
    return this.findIn(...names)?.items() ?? [];
  }

  /** Values of a map; none when it is no map. */
  entries(): Spot[] {
    if (this.tree.kind !== "a map") return [];
    return this.tree.entries.map(({ name, keySpan, value }) => {
      // A whole map underlined helps nobody: its key is enough.
      const span = value.kind === "a text" && value.text !== "" ? value.span : keySpan;
      return new Spot(this.#report, { tree: value, path: [...this.path, name], span });
    });
  }

  /** Items of a list; none when it is no list. */
  items(): Spot[] {
    if (this.tree.kind !== "a list") return [];
    return this.tree.items.map(
      (tree, index) => new Spot(this.#report, { tree, path: [...this.path, index], span: tree.span }),
    );
  }

  /** The value itself when it is a text, its items when it is a list. */
  each(): Spot[] {
    return this.tree.kind === "a text" ? [this] : this.items();
  }

  /** The same map with the fields of another one that it lacks. */
  withFieldsOf(base: Spot): Spot {
    if (this.tree.kind !== "a map" || base.tree.kind !== "a map") return this;
    const own = new Set(this.tree.entries.map(({ name }) => name));
    const entries = [...this.tree.entries, ...base.tree.entries.filter(({ name }) => !own.has(name))];
    return new Spot(this.#report, { tree: { ...this.tree, entries }, path: this.path, span: this.#span });
  }

  /** Says what was changed, filled in or left out. */
  note(code: ConvertCode, remark: SpotRemark): void {
    this.#add(code, "warning", remark);
  }

  /** Says why there is no manifest. */
  fail(code: ConvertCode, remark: SpotRemark): void {
    this.#add(code, "error", remark);
  }

  /** A value that cannot be read and is left out. */
  unreadable(allowed: string): void {
    this.note("CONVERT_VALUE_DROPPED", { done: "left out", message: `This should be ${allowed}.` });
  }

  #add(code: ConvertCode, severity: "error" | "warning", remark: SpotRemark): void {
    this.#report.add({ code, severity, path: this.path, span: this.#span, found: this.quoted, ...remark });
  }
}
