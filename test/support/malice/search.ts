import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Ends of base64 that depend on what stands before and after. */
const BASE64_CUT = 4;

/** A text, as it may lie in memory or on a disk, by the name of its form. */
export type Needles = ReadonlyMap<string, Buffer>;

/** Forms of a text of letters and digits; JSON leaves it as it is. */
export function needlesOf(text: string): Needles {
  const plain = Buffer.from(text);
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), plain])
      .toString("base64")
      .slice(BASE64_CUT, -BASE64_CUT),
  );
  const forms = [plain.toString(), plain.toString("hex"), plain.toString("hex").toUpperCase(), ...base64];
  return new Map(
    forms.flatMap((form, index): [string, Buffer][] => {
      const name = ["plain", "hex", "HEX", "base64", "base64+1", "base64+2"][index] ?? "";
      return [
        [name, Buffer.from(form, "latin1")],
        [`${name}, two bytes a character`, Buffer.from(form, "utf16le")],
      ];
    }),
  );
}

/** Names of the needles that are in some bytes. */
export function findIn(bytes: Buffer, needles: Needles): string[] {
  return [...needles].flatMap(([name, needle]) => (bytes.includes(needle) ? [name] : []));
}

/** Needles in every file of a folder, each with the file that has it. */
export async function findInFolder(folder: string, needles: Needles): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    found.push(...findIn(bytes, needles).map((name) => `${name} in ${path}`));
  }
  return found;
}

/** Whether this process may read the memory of another one of its account. */
export async function canReadMemory(pid: number): Promise<boolean> {
  try {
    await (await open(`/proc/${pid}/mem`)).close();
    return true;
  } catch {
    return false;
  }
}

/** Needles in what a process has written to its memory: every readable region that is not a file's, and its environment. */
export async function findInMemory(pid: number, needles: Needles): Promise<Set<string>> {
  const found = new Set(findIn(await readFile(`/proc/${pid}/environ`), needles));
  const overlap = Math.max(...[...needles.values()].map((needle) => needle.length));
  const memory = await open(`/proc/${pid}/mem`);
  try {
    for (const { from, to } of regionsOf(await readFile(`/proc/${pid}/maps`, "utf8")))
      for (let at = from; at < to; at += CHUNK_BYTES) {
        const bytes = Buffer.alloc(Math.min(CHUNK_BYTES + overlap, to - at));
        // A region may be gone by now.
        const read = await memory.read(bytes, 0, bytes.length, at).catch(() => undefined);
        if (read === undefined) continue;
        for (const name of findIn(bytes.subarray(0, read.bytesRead), needles)) found.add(name);
      }
  } finally {
    await memory.close();
  }
  return found;
}

function regionsOf(maps: string): { from: number; to: number }[] {
  return maps.split("\n").flatMap((line) => {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \d+\s*(.*)$/.exec(line);
    if (match === null) return [];
    const [, from = "", to = "", path = ""] = match;
    if (path.startsWith("/") || path.startsWith("[v")) return [];
    return [{ from: Number.parseInt(from, 16), to: Number.parseInt(to, 16) }];
  });
}
