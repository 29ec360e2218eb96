/** Where a tar may be in a container: on its path, or in a busybox without links. */
export const TAR_PROGRAMS: readonly (readonly string[])[] = [
  ["tar"],
  ["/bin/busybox", "tar"],
  ["/busybox/busybox", "tar"],
];
/** What the engine answers for a program that is not there. */
const NOT_THERE = new Set([126, 127]);
const MAX_SAID = 500;

/** Packs a folder without what is in it: ends with 0 if it is a folder that can be entered. */
export function lookCommand(tar: readonly string[], folder: string): string[] {
  return [...tar, "-c", "-f", "-", "-C", folder, "--no-recursion", "."];
}

/** Unpacks its input in a folder; whoever runs it owns the files. */
export function unpackCommand(tar: readonly string[], folder: string): string[] {
  return [...tar, "-x", "-o", "-f", "-", "-C", folder];
}

/** Packs one file or folder under its own name. `./` keeps a name from being read as an option. */
export function packCommand(tar: readonly string[], path: string): string[] {
  const { folder, name } = splitPath(path);
  return [...tar, "-c", "-f", "-", "-C", folder, name === "" ? "." : `./${name}`];
}

/** Folder and last name of an absolute path, without `.`, `..` and slashes at its end. The root has no name. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const names: string[] = [];
  for (const name of path.split("/"))
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  const name = names.pop() ?? "";
  return { folder: `/${names.join("/")}`, name };
}

export function isNotThere(exitCode: number | null): boolean {
  return exitCode !== null && NOT_THERE.has(exitCode);
}

/** How a tar that packed has ended. */
export interface TarVerdict {
  readonly failed: boolean;
  /** What it said, for people; null when there is nothing to say. */
  readonly said: string | null;
}

/**
 * GNU tar ends with 1 when a file changed while it was read, which a log does all the time: the archive is whole.
 * Anything else but 0 is a failure, 1 with other words too: busybox knows no other code.
 */
export function tarVerdict(exitCode: number | null, words: string): TarVerdict {
  const lines = words
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const said = lines.length === 0 ? null : lines.join(" ").slice(0, MAX_SAID);
  if (exitCode === 0) return { failed: false, said: null };
  const hasOnlyChanged =
    lines.length > 0 && lines.every((line) => line.endsWith("file changed as we read it"));
  return { failed: !(exitCode === 1 && hasOnlyChanged), said };
}
