import { MAX_QUOTED_LENGTH } from "./limits.ts";
import { type Place } from "./place.ts";
import { type Read, reportType } from "./readers.ts";
import { closest } from "./suggest.ts";

/** Field names of one kind of map, each with its other spellings. */
export type Shape = Readonly<Record<string, readonly string[]>>;

/** Words of other languages and older versions that stand for a field of this one. */
const MEANT: Readonly<Record<string, string>> = {
  environment: "env",
  ports: "expose",
  entrypoint: "command",
  denom: "token",
  price: "amount",
  depends_on: "dependencies",
  replicas: "count",
  protocol: "proto",
  ram: "memory",
  disk: "storage",
  imagepullpolicy: "pull_policy",
};

/** The known fields of a map. Opening it reports every key that is not known. */
export class Fields<Name extends string> {
  readonly #place: Place;
  readonly #values = new Map<string, Place>();
  readonly #isMap: boolean;

  constructor(place: Place, shape: Readonly<Record<Name, readonly string[]>>) {
    this.#place = place;
    const entries = place.entries();
    this.#isMap = entries !== undefined;
    if (entries === undefined) reportType(place, "a map");
    const canonical = new Map<string, string>();
    for (const name of keysOf(shape))
      for (const spelling of [name, ...shape[name]]) canonical.set(spelling, name);
    for (const { name, key, value } of entries ?? []) {
      const field = canonical.get(name);
      if (field === undefined) reportUnknown(key, name, [...canonical.keys()]);
      else if (this.#values.has(field)) reportTwice(key, name, field);
      else this.#values.set(field, value);
    }
  }

  /** The place of a field that is there and not empty. */
  find(name: Name): Place | undefined {
    const place = this.#values.get(name);
    return place === undefined || place.isEmpty ? undefined : place;
  }

  required<Value>(name: Name, read: Read<Value>, standIn: Value): Value {
    const place = this.find(name);
    if (place !== undefined) return read(place);
    if (this.#isMap) this.missing(name);
    return standIn;
  }

  optional<Value, Default>(name: Name, read: Read<Value>, fallback: Default): Value | Default {
    const place = this.find(name);
    return place === undefined ? fallback : read(place);
  }

  missing(name: Name): void {
    this.#place.reportMissing(name);
  }
}

function keysOf<Name extends string>(shape: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(shape) as Name[];
}

function reportUnknown(key: Place, name: string, known: readonly string[]): void {
  const meant = Object.hasOwn(MEANT, name.toLowerCase()) ? MEANT[name.toLowerCase()] : undefined;
  const suggestion = meant !== undefined && known.includes(meant) ? meant : closest(name, known);
  const shown = name.slice(0, MAX_QUOTED_LENGTH);
  key.report("MANIFEST_KEY_UNKNOWN", {
    found: shown,
    allowed: known.join(", "),
    message: `There is no field "${shown}" here.${suggestion === undefined ? "" : ` Did you mean ${suggestion}?`}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}

function reportTwice(key: Place, name: string, field: string): void {
  key.report("MANIFEST_FIELD_TWICE", {
    found: name,
    allowed: field,
    message: `"${name}" and "${field}" are one field. Keep "${field}".`,
  });
}
