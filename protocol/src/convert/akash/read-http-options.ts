import { type DraftExpose } from "../draft.ts";
import { type Spot } from "../spot.ts";

const MAXIMA: Readonly<Record<string, number>> = {
  max_body_size: 104_857_600,
  read_timeout: 60_000,
  send_timeout: 60_000,
  next_tries: 100,
  next_timeout: 60_000,
};
const CASES = new Set(["error", "timeout", "403", "404", "429", "500", "502", "503", "504", "off"]);

/** Options of a routed port that a manifest has too. */
export function readHttpOptions(spot: Spot | undefined): DraftExpose["httpOptions"] {
  if (spot === undefined) return null;
  const options = spot.entries().flatMap((field) => {
    const value = field.name === "next_cases" ? readCases(field) : readNumber(field);
    return value === undefined ? [] : [[field.name, value] as const];
  });
  return options.length === 0 ? null : Object.fromEntries(options);
}

function readNumber(field: Spot): number | undefined {
  const max = Object.hasOwn(MAXIMA, field.name) ? MAXIMA[field.name] : undefined;
  if (max === undefined) {
    field.note("CONVERT_FIELD_DROPPED", { done: "left out", message: "The gateway has no such option." });
    return undefined;
  }
  const value = /^\d{1,12}$/.test(field.text ?? "") ? Number(field.text) : Number.NaN;
  if (value <= max) return value;
  field.unreadable(`a whole number from 0 to ${max}`);
  return undefined;
}

function readCases(field: Spot): string[] | undefined {
  const cases = field.each().flatMap((item) => item.text ?? []);
  const isKnown = cases.length > 0 && cases.every((name) => CASES.has(name));
  const isClear = cases.length === 1 || !cases.includes("off");
  if (isKnown && isClear && cases.length <= CASES.size) return cases;
  field.unreadable("some of error, timeout, 403, 404, 429, 500, 502, 503, 504, or off alone");
  return undefined;
}
