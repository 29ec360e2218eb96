import { type Path } from "../../manifest/issue.ts";
import { MAX_INTERPOLATED_LENGTH, MAX_VARIABLE_DEPTH } from "../limits.ts";
import { type Report } from "../report.ts";
import { type TextTree, type Tree } from "../tree.ts";

/** Values by the name of the variable. */
export type Variables = ReadonlyMap<string, string>;

/** Variables that a text names: those without a value, those with the source's default, and those with a given value. */
interface Used {
  readonly unset: Set<string>;
  readonly defaults: Set<string>;
  readonly given: Set<string>;
}

/**
 * Puts values into `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}` and `${NAME:?message}`.
 * A form without a colon looks at whether there is a value, one with a colon also at whether it is empty. `$$` is a
 * dollar sign. (Compose file, "Interpolation".)
 */
export function interpolateTree(tree: Tree, report: Report, values: Variables): Tree {
  return new Interpolation(report, values).visit(tree, []);
}

class Interpolation {
  readonly #report: Report;
  readonly #values: Variables;
  readonly #told = new Set<string>();
  #toldDefault = false;

  constructor(report: Report, values: Variables) {
    this.#report = report;
    this.#values = values;
  }

  visit(tree: Tree, path: Path): Tree {
    if (tree.kind === "a list") {
      const items = tree.items.map((item, index) => this.visit(item, [...path, index]));
      return { ...tree, items };
    }
    if (tree.kind === "a map") {
      const entries = tree.entries
        .filter(({ name }) => !name.startsWith("x-"))
        .map((entry) => ({ ...entry, value: this.visit(entry.value, [...path, entry.name]) }));
      return { ...tree, entries };
    }
    return tree.kind === "a text" && tree.text.includes("$") ? this.#text(tree, path) : tree;
  }

  #text(tree: TextTree, path: Path): Tree {
    const used: Used = { unset: new Set(), defaults: new Set(), given: new Set() };
    const text = interpolate(tree.text, { used, values: this.#values, depth: 0 });
    if (text === undefined) {
      this.#add("CONVERT_VALUE_DROPPED", { tree, path, found: "a dollar sign", ...oddVariable });
      return tree;
    }
    for (const name of used.unset) this.#tellUnset(name, tree, path);
    if (used.defaults.size > 0) this.#tellDefault([...used.defaults], tree, path);
    const written = used.given.size > 0 ? { written: tree.text } : {};
    return { ...tree, text, unset: [...used.unset], ...written };
  }

  #tellUnset(name: string, tree: TextTree, path: Path): void {
    if (this.#told.has(name)) return;
    this.#told.add(name);
    const message = `${name} has no value and no default. Write its value into the manifest.`;
    this.#add("CONVERT_VARIABLE_UNSET", { tree, path, found: name, done: "an empty text instead", message });
  }

  #tellDefault(names: readonly string[], tree: TextTree, path: Path): void {
    if (this.#toldDefault) return;
    this.#toldDefault = true;
    const message =
      "These variables have the defaults of this file. --env-file gives them values; .env and your shell are not read.";
    this.#add("CONVERT_VARIABLE_DEFAULT", {
      tree,
      path,
      found: names.join(", "),
      done: "the default",
      message,
    });
  }

  #add(
    code: "CONVERT_VALUE_DROPPED" | "CONVERT_VARIABLE_UNSET" | "CONVERT_VARIABLE_DEFAULT",
    at: { tree: TextTree; path: Path; found: string; done: string; message: string },
  ): void {
    const { tree, ...rest } = at;
    this.#report.add({ code, severity: "warning", span: tree.span, ...rest });
  }
}

const oddVariable = {
  done: "kept as it stands",
  message: "A dollar sign that begins no variable. Write $$ for a dollar sign.",
};

const NAME = /[A-Za-z_][A-Za-z0-9_]{0,127}/y;

/** What the text around a variable knows. */
interface Around {
  readonly used: Used;
  readonly values: Variables;
  /** How many defaults it stands inside of. */
  readonly depth: number;
}

/** The text with its variables replaced; undefined when a dollar sign begins nothing that is known. */
function interpolate(text: string, around: Around): string | undefined {
  let result = "";
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar === -1 || dollar === text.length - 1) return cap(result + text.slice(at));
    result += text.slice(at, dollar);
    const variable = readVariable(text, dollar + 1, around);
    if (variable === undefined) return undefined;
    result += variable.value;
    at = variable.end;
    if (result.length > MAX_INTERPOLATED_LENGTH) return undefined;
  }
  return result;
}

function cap(text: string): string | undefined {
  return text.length > MAX_INTERPOLATED_LENGTH ? undefined : text;
}

interface Variable {
  readonly value: string;
  /** Offset behind it. */
  readonly end: number;
}

function readVariable(text: string, at: number, around: Around): Variable | undefined {
  if (text[at] === "$") return { value: "$", end: at + 1 };
  const braced = text[at] === "{";
  NAME.lastIndex = braced ? at + 1 : at;
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return undefined;
  const end = (braced ? at + 1 : at) + name.length;
  if (!braced) return { value: plainValue(name, around), end };
  const close = findClose(text, end);
  if (close === undefined || around.depth >= MAX_VARIABLE_DEPTH) return undefined;
  const value = valueOf(name, text.slice(end, close), around);
  return value === undefined ? undefined : { value, end: close + 1 };
}

function plainValue(name: string, { used, values }: Around): string {
  const value = values.get(name);
  (value === undefined ? used.unset : used.given).add(name);
  return value ?? "";
}

/** What stands for a variable, given what follows its name; undefined when that is no form of Compose. */
function valueOf(name: string, rest: string, around: Around): string | undefined {
  const operator = /^:?[-+?]/.exec(rest)?.[0];
  if (operator === undefined) return rest === "" ? plainValue(name, around) : undefined;
  const value = around.values.get(name);
  const counts = value !== undefined && (value !== "" || !operator.startsWith(":"));
  const inner = (): string | undefined =>
    interpolate(rest.slice(operator.length), { ...around, depth: around.depth + 1 });
  if (operator.endsWith("+")) return counts ? inner() : "";
  if (counts || operator.endsWith("?")) return plainValue(name, around);
  around.used.defaults.add(name);
  return inner();
}

/** Offset of the brace that closes the one before `from`. */
function findClose(text: string, from: number): number | undefined {
  let open = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "$" && text[at + 1] === "{") open += 1;
    if (text[at] === "}") open -= 1;
    if (open === 0) return at;
  }
  return undefined;
}
