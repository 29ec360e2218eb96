import { MOUNT_PATH } from "../manifest/patterns.ts";

/** A mount path without doubled and closing slashes; undefined when a manifest does not allow it. */
export function mountPathFrom(text: string): string | undefined {
  const path = text
    .slice(0, 2_048)
    .replace(/\/{2,}/g, "/")
    .replace(/(?<=.)\/$/, "");
  return MOUNT_PATH.test(path) ? path : undefined;
}
