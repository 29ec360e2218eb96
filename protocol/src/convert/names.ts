import { PROFILE_NAME, SERVICE_NAME, VOLUME_NAME } from "../manifest/patterns.ts";

const MAX_NAME_LENGTH = 50;

/** The nearest name that the private network allows: `My_DB` → `my-db`. */
export function serviceNameFrom(text: string): string {
  return SERVICE_NAME.test(text) ? text : slug(text.toLowerCase(), /[^a-z0-9]+/g, "service");
}

/** The nearest name of a volume: `db_data` → `db-data`. */
export function volumeNameFrom(text: string): string {
  return VOLUME_NAME.test(text) ? text : slug(text, /[^A-Za-z0-9]+/g, "volume");
}

export function placementNameFrom(text: string): string {
  return PROFILE_NAME.test(text) ? text : slug(text, /[^A-Za-z0-9]+/g, "anywhere");
}

/** The name itself, or with a number when it is taken: `data`, `data-2`. */
export function freeName(name: string, taken: { has(name: string): boolean }): string {
  if (!taken.has(name)) return name;
  const stem = name.slice(0, MAX_NAME_LENGTH).replace(/-+$/, "");
  let number = 2;
  while (taken.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

function slug(text: string, others: RegExp, fallback: string): string {
  const plain = text.slice(0, 256).replace(others, "-").replace(/^-/, "").slice(0, MAX_NAME_LENGTH);
  return plain.replace(/-$/, "") || fallback;
}
