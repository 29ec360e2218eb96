import { isMap, isScalar, isSeq, type ParsedNode } from "yaml";
import { type Finding, type Path, type PathStep, type Span } from "./issue.ts";
import { MAX_QUOTED_LENGTH, MAX_VALUES } from "./limits.ts";
import { keyName } from "./yaml-inspect.ts";
import { kindOf, type YamlSource } from "./yaml-source.ts";

/** A problem at a place whose position in the text is already known. */
export interface PlacedFinding extends Finding {
  readonly span: Span;
}

/** Collects problems while a text is read. */
export class Reading {
  readonly source: YamlSource;
  readonly findings: PlacedFinding[] = [];
  #values = 0;

  constructor(source: YamlSource) {
    this.source = source;
  }

  /** Whether one more value may be read; aliases make a short text long. */
  spend(place: Place): boolean {
    this.#values += 1;
    if (this.#values === MAX_VALUES + 1)
      place.report("MANIFEST_TOO_LARGE", {
        found: `more than ${MAX_VALUES} values`,
        allowed: `at most ${MAX_VALUES} values`,
        message: "The aliases of this text make it too large for a manifest.",
      });
    return this.#values <= MAX_VALUES;
  }
}

export type Complaint = Omit<Finding, "code" | "severity" | "path">;

/** One value of the text: what stands there, where, and how to complain about it. */
export class Place {
  readonly node: ParsedNode | null;
  readonly path: Path;
  /** Whether the value must not be quoted in a problem. */
  readonly secret: boolean;
  readonly #reading: Reading;
  /** What to underline: the value, or the key when there is no value. */
  readonly #span: Span;

  constructor(reading: Reading, at: { node: ParsedNode | null; path: Path; span: Span; secret?: boolean }) {
    this.#reading = reading;
    this.node = reading.source.resolve(at.node);
    this.path = at.path;
    this.#span = at.span;
    this.secret = at.secret ?? false;
  }

  get isEmpty(): boolean {
    return this.node === null || (isScalar(this.node) && this.node.value === null);
  }

  get kind(): string {
    return kindOf(this.node);
  }

  /** The text as it was written, or undefined for a map, a list or nothing. */
  get text(): string | undefined {
    if (!isScalar(this.node) || this.node.value === null) return undefined;
    if (typeof this.node.value === "string") return this.node.value;
    return this.node.source;
  }

  /** The value for a message, shortened; never a secret. */
  get quoted(): string {
    if (this.text === undefined) return this.kind;
    if (this.secret) return "(hidden)";
    return this.text.length > MAX_QUOTED_LENGTH ? `${this.text.slice(0, MAX_QUOTED_LENGTH)}…` : this.text;
  }

  /**
   * Pairs of a map in their order; undefined when it is no map. What yaml-inspect.ts complains about is left out: keys
   * that are no names, merge keys, and all but the first of equal keys.
   */
  entries(): { name: string; key: Place; value: Place }[] | undefined {
    if (!isMap(this.node)) return undefined;
    const seen = new Set<string>(["<<"]);
    return this.node.items.flatMap(({ key, value }) => {
      const name = keyName(key);
      if (name === undefined || seen.has(name) || !this.#reading.spend(this)) return [];
      seen.add(name);
      const keyPlace = this.#child(name, key, spanOf(key));
      return [{ name, key: keyPlace, value: this.#child(name, value, spanOf(isShort(value) ? value : key)) }];
    });
  }

  /** Items of a list; undefined when it is no list. */
  items(): Place[] | undefined {
    if (!isSeq(this.node)) return undefined;
    return this.node.items.flatMap((item, index) =>
      this.#reading.spend(this) ? [this.#child(index, item, spanOf(item))] : [],
    );
  }

  /** The same value, of which no message may quote anything. */
  hidden(): Place {
    return new Place(this.#reading, { node: this.node, path: this.path, span: this.#span, secret: true });
  }

  /** Reports a field that is not there, where it should be. */
  reportMissing(name: string): void {
    this.#child(name, null, this.#span).report("MANIFEST_FIELD_MISSING", {
      found: "nothing",
      allowed: name,
      message: `"${name}" is missing here.`,
    });
  }

  report(code: Finding["code"], complaint: Complaint, severity: Finding["severity"] = "error"): void {
    this.#reading.findings.push({ code, severity, path: this.path, span: this.#span, ...complaint });
  }

  #child(step: PathStep, node: ParsedNode | null, span: Span): Place {
    return new Place(this.#reading, { node, path: [...this.path, step], span, secret: this.secret });
  }
}

export function spanOf(node: ParsedNode | null): Span {
  return node === null ? { start: 0, end: 0 } : { start: node.range[0], end: node.range[1] };
}

/** Whether underlining the value says more than underlining its key. */
function isShort(node: ParsedNode | null): boolean {
  return isScalar(node) && node.value !== null && node.value !== "";
}
