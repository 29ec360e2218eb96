import { type Shape } from "../fields.ts";
import { MAX_TEXT_LENGTH } from "../limits.ts";

/** A JSON Schema (draft-07), or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One field of a map: what may stand there, and what an editor says of it. */
export interface Field {
  readonly schema: JsonSchema;
  readonly about: string;
  readonly required?: boolean;
}

export const text: JsonSchema = { type: "string", maxLength: MAX_TEXT_LENGTH };

export function matching(pattern: RegExp): JsonSchema {
  return { type: "string", pattern: pattern.source };
}

/** Names that an editor completes; others are for the parser to judge: it knows aliases and families. */
export function hinted(names: readonly string[]): JsonSchema {
  return { anyOf: [{ enum: names }, text] };
}

export function list(items: JsonSchema, maxItems: number): JsonSchema {
  return { type: "array", items, maxItems };
}

/** A map whose keys the tenant chose. */
export function named(name: RegExp, maxProperties: number, value: JsonSchema): JsonSchema {
  return {
    type: "object",
    maxProperties,
    propertyNames: { pattern: name.source },
    additionalProperties: value,
  };
}

/** A value deep inside that is there and fits. */
export function at(path: readonly string[], schema: JsonSchema): JsonSchema {
  const [head, ...rest] = path;
  if (head === undefined) return schema;
  return { properties: { [head]: at(rest, schema) }, required: [head] };
}

/** A map of known fields, each with its other spellings. Nothing at all stands for a field that is left out. */
export function map<Known extends Shape>(
  shape: Known,
  fields: Readonly<Record<keyof Known, Field>>,
): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  const either: JsonSchema[] = [];
  for (const name of Object.keys(shape)) {
    const { schema, about, required: needed = false } = fields[name] as Field;
    const spellings = shape[name] ?? [];
    properties[name] = { description: about, ...(needed ? schema : orNothing(schema)) };
    for (const spelling of spellings) {
      properties[spelling] = { description: `Other spelling of ${name}.`, ...orNothing(schema) };
    }
    if (!needed) continue;
    if (spellings.length === 0) required.push(name);
    else either.push({ anyOf: [name, ...spellings].map((spelling) => ({ required: [spelling] })) });
  }
  return {
    type: "object",
    additionalProperties: false,
    properties,
    ...(required.length === 0 ? {} : { required }),
    ...(either.length === 0 ? {} : { allOf: either }),
  };
}

function orNothing(schema: JsonSchema): JsonSchema {
  if (typeof schema["type"] === "string") return { ...schema, type: [schema["type"], "null"] };
  return { anyOf: [schema, { type: "null" }] };
}
