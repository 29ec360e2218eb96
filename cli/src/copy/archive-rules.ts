import { ProtocolError } from "@fizz/protocol/errors";

/** Most entries of an archive that is unpacked here. */
export const MAX_ENTRIES = 200_000;
const MAX_NAME_LENGTH = 4_096;
const MAX_DEPTH = 128;
/** Permissions that a file keeps: no set-user-id, set-group-id, or sticky bit comes from a container. */
const PERMISSIONS = 0o777;
/** What this side needs of a folder, to fill it and to clean it up. */
const OWNER_ALL = 0o700;

/** @throws ProtocolError ARCHIVE_REFUSED, always; names are shown so that no control character reaches a terminal. */
export function refuse(name: string, why: string): never {
  const shown = JSON.stringify(name.slice(0, 200));
  throw new ProtocolError("ARCHIVE_REFUSED", `The node sent ${shown}, which ${why}. Nothing was kept.`);
}

/**
 * The path of an archive's entry below the one file or folder that was asked for.
 *
 * @param root Its name; empty for the container's whole file system.
 * @returns Names to walk down; none for the root itself.
 * @throws ProtocolError ARCHIVE_REFUSED for a name that leads elsewhere.
 */
export function partsOf(name: string, root: string): string[] {
  if (name.length > MAX_NAME_LENGTH) refuse(name, "has too long a name");
  const parts = name
    .replace(/^(\.\/+)+/, "")
    .replace(/\/+$/, "")
    .split("/");
  if (root === "" && isHere(parts)) return [];
  if (parts.length > MAX_DEPTH) refuse(name, "lies too deep");
  for (const part of parts) if (!isPlain(part)) refuse(name, "is no path below what was asked for");
  if (root === "") return parts;
  if (parts[0] !== root) refuse(name, `was not asked for: ${root} was`);
  return parts.slice(1);
}

/**
 * Whether a symbolic link stays within the folder that is copied, whatever other links are made beside it. `..` may only
 * lead: behind the name of another link it would be resolved from where that one points.
 *
 * @param parts The link's own path below the folder.
 */
export function staysInside(target: string, parts: readonly string[]): boolean {
  if (target === "" || target.startsWith("/") || target.length > MAX_NAME_LENGTH) return false;
  const steps = target.split("/").filter((step) => step !== "" && step !== ".");
  const down = steps.findIndex((step) => step !== "..");
  const ups = down === -1 ? steps.length : down;
  return ups < parts.length && steps.slice(ups).every(isPlain);
}

function isHere([first, ...more]: readonly string[]): boolean {
  return more.length === 0 && (first === "." || first === "");
}

export function fileMode(mode: number): number {
  return mode & PERMISSIONS;
}

export function folderMode(mode: number): number {
  return (mode & PERMISSIONS) | OWNER_ALL;
}

/** One step down, on any file system: on Windows a backslash and a colon lead elsewhere too. */
function isPlain(part: string): boolean {
  if (part === "" || part === "." || part === ".." || part.includes("\0")) return false;
  return process.platform !== "win32" || !/[\\:]/.test(part);
}
