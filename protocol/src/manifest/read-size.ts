import { MAX_SIZE_BYTES } from "./limits.ts";
import { type Place } from "./place.ts";
import { parseSize } from "./quantities.ts";
import { reportForm, reportType } from "./readers.ts";

/** Reads a size in bytes of at least `least`. */
export function readSize(place: Place, least: bigint): bigint {
  const form = "a size with k, Ki, M, Mi, G, Gi, T, Ti, P, Pi, E or Ei, such as 512Mi";
  if (place.text === undefined) {
    reportType(place, form);
    return 0n;
  }
  const size = parseSize(place.text);
  if (size !== undefined && size >= least && size <= MAX_SIZE_BYTES) return size;
  const tooSmall = size !== undefined && size < least;
  reportForm(place, "MANIFEST_SIZE_INVALID", {
    allowed: tooSmall ? `at least ${least} bytes` : form,
    suggestion: size === undefined ? suggestSize(place.text) : undefined,
  });
  return 0n;
}

/** `512MB`, `512mi`, `1 Gi`, `512` → what is probably meant. */
function suggestSize(text: string): string | undefined {
  const match = /^\s*(\d{1,9}(?:\.\d{1,9})?)\s*([kmgtpe]?)(i?)b?\s*$/i.exec(text);
  if (match === null) return undefined;
  const letter = (match[2] ?? "").toUpperCase();
  if (letter === "") return `${match[1] ?? ""}Mi`;
  const suffix = match[3] === "" ? letter.replace("K", "k") : `${letter}i`;
  return `${match[1] ?? ""}${suffix}`;
}
