import { type Finding } from "./issue.ts";
import { MAX_QUOTED_LENGTH, MAX_TEXT_LENGTH } from "./limits.ts";
import { type Place } from "./place.ts";
import { closest } from "./suggest.ts";

/**
 * Readers turn a place into a value. They never stop at a problem: they report it and answer a harmless stand-in, so
 * that one run lists every problem. Whoever calls them must not use the result when there are errors.
 */
export type Read<Value> = (place: Place) => Value;

export function reportType(place: Place, allowed: string): void {
  place.report("MANIFEST_TYPE_WRONG", {
    found: place.kind,
    allowed,
    message: `This must be ${allowed}, and it is ${place.kind}.`,
  });
}

/** Reports that a text has not the form it needs. */
export function reportForm(
  place: Place,
  code: Finding["code"],
  form: { readonly allowed: string; readonly suggestion?: string | undefined },
): void {
  const hint = form.suggestion === undefined ? "" : ` Did you mean ${form.suggestion}?`;
  place.report(code, {
    found: place.quoted,
    allowed: form.allowed,
    message: `"${place.quoted}" is not ${form.allowed}.${hint}`,
    ...(form.suggestion === undefined ? {} : { suggestion: form.suggestion }),
  });
}

/** Any text, number or boolean as it was written, so that `2` and `"2"` are the same argument. */
export function readText(place: Place): string {
  const text = place.text;
  if (text === undefined) {
    reportType(place, "a text");
    return "";
  }
  if (text.length > MAX_TEXT_LENGTH) {
    place.report("MANIFEST_TOO_LONG", {
      found: `${text.length} characters`,
      allowed: `at most ${MAX_TEXT_LENGTH} characters`,
      message: "This text is too long for a manifest.",
    });
    return "";
  }
  return text;
}

/** A text of a form. */
export function readMatching(
  place: Place,
  form: { readonly code: Finding["code"]; readonly pattern: RegExp; readonly allowed: string },
): string {
  const text = place.text;
  if (text === undefined) {
    reportType(place, form.allowed);
    return "";
  }
  if (form.pattern.test(text)) return text;
  reportForm(place, form.code, { allowed: form.allowed });
  return "";
}

export function readBoolean(place: Place): boolean {
  const text = place.text;
  if (text === "true" || text === "false") return text === "true";
  reportType(place, "true or false");
  return false;
}

export function readWhole(
  place: Place,
  bounds: { readonly min: number; readonly max: number; readonly code?: Finding["code"] },
): number {
  const allowed = `a whole number from ${bounds.min} to ${bounds.max}`;
  const text = place.text;
  if (text === undefined) {
    reportType(place, allowed);
    return bounds.min;
  }
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  reportForm(place, bounds.code ?? "MANIFEST_NUMBER_INVALID", { allowed });
  return bounds.min;
}

export function readChoice<Choice extends string>(place: Place, choices: readonly Choice[]): Choice | null {
  const text = place.text;
  const allowed = `one of ${choices.join(", ")}`;
  if (text === undefined) {
    reportType(place, allowed);
    return null;
  }
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  reportForm(place, "MANIFEST_VALUE_NOT_ALLOWED", { allowed, suggestion: closest(text, choices) });
  return null;
}

export function readList<Value>(place: Place, max: number, read: Read<Value>): Value[] {
  const items = place.items();
  if (items === undefined) {
    reportType(place, "a list");
    return [];
  }
  if (items.length > max) reportTooMany(place, items.length, max);
  return items.slice(0, max).map(read);
}

/** A map whose keys are names that the tenant chose. */
export function readNamed<Value>(
  place: Place,
  form: { readonly max: number; readonly pattern: RegExp; readonly allowed: string },
  read: (name: string, value: Place) => Value,
): Value[] {
  const entries = place.entries();
  if (entries === undefined) {
    reportType(place, "a map of names");
    return [];
  }
  if (entries.length > form.max) reportTooMany(place, entries.length, form.max);
  return entries.slice(0, form.max).map(({ name, key, value }) => {
    if (!form.pattern.test(name))
      key.report("MANIFEST_NAME_INVALID", {
        found: name.slice(0, MAX_QUOTED_LENGTH),
        allowed: form.allowed,
        message: `"${name.slice(0, MAX_QUOTED_LENGTH)}" is not a name that is allowed here: ${form.allowed}.`,
      });
    return read(name, value);
  });
}

function reportTooMany(place: Place, found: number, max: number): void {
  place.report("MANIFEST_TOO_LONG", {
    found: `${found} entries`,
    allowed: `at most ${max} entries`,
    message: `There are ${found} entries here, and ${max} are allowed.`,
  });
}
