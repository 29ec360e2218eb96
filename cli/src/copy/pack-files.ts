import { constants } from "node:fs";
import { type FileHandle, open, opendir, readlink, realpath, stat, lstat } from "node:fs/promises";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { type ArchiveEntry, archiveEnd, paddingOf, tarHeader } from "./tar-header.ts";

const CHUNK_BYTES = 64 * 1024;
const MS_PER_SECOND = 1_000;
const PERMISSIONS = 0o777;

interface Found {
  readonly entry: ArchiveEntry;
  readonly path: string;
}

export interface FilesToPack {
  readonly isFolder: boolean;
  readonly bytes: number;
  readonly found: readonly Found[];
  /** Devices, sockets, pipes. */
  readonly leftOut: number;
}

/**
 * Looks at one file or folder. Links in a folder are taken as links and never followed; the path itself may be one.
 *
 * @param limits Most entries and bytes.
 * @throws ProtocolError USAGE, INPUT_TOO_LARGE
 */
export async function findFiles(
  path: string,
  limits: { readonly entries: number; readonly bytes: number },
): Promise<FilesToPack> {
  const from = await realpath(path).catch(() => undefined);
  if (from === undefined) throw new ProtocolError("USAGE", `There is no ${path}.`);
  const found: Found[] = [];
  let [bytes, leftOut] = [0, 0];
  for await (const next of walk(from, "")) {
    if (next === undefined) {
      leftOut += 1;
      continue;
    }
    found.push(next);
    bytes += next.entry.size;
    if (found.length > limits.entries || bytes > limits.bytes)
      throw new ProtocolError(
        "INPUT_TOO_LARGE",
        `${path} has more than ${limits.entries} files, or ${limits.bytes} bytes: copy its parts.`,
      );
  }
  if (found.length === 0) throw new ProtocolError("USAGE", `${path} is neither a file nor a folder.`);
  return { isFolder: (await stat(from)).isDirectory(), bytes, found, leftOut };
}

/** A tar archive of what was found, all under one name. @throws ProtocolError STREAM_CLOSED when a file shrinks */
export async function* packFiles(
  { found }: FilesToPack,
  rootName: string,
): AsyncGenerator<Uint8Array, void, void> {
  for (const { entry, path } of found) {
    yield tarHeader({ ...entry, name: `${rootName}${entry.name}` });
    if (entry.size === 0) continue;
    yield* contentOf(path, entry.size);
    yield paddingOf(entry.size);
  }
  yield archiveEnd();
}

/** Entries below a path, folders before what is in them; undefined for what cannot be copied. */
async function* walk(path: string, name: string): AsyncGenerator<Found | undefined, void, void> {
  const stats = await lstat(path);
  const base = { name, mode: stats.mode & PERMISSIONS, mtime: Math.floor(stats.mtimeMs / MS_PER_SECOND) };
  if (stats.isFile()) yield { path, entry: { ...base, type: "file", size: stats.size } };
  else if (stats.isSymbolicLink())
    yield { path, entry: { ...base, type: "link", size: 0, target: await readlink(path) } };
  else if (stats.isDirectory()) {
    yield { path, entry: { ...base, type: "folder", size: 0 } };
    for await (const { name: child } of await opendir(path))
      yield* walk(join(path, child), `${name}/${child}`);
  } else yield undefined;
}

/** Exactly so many bytes: the header has said how many. What a file has grown meanwhile is left out. */
async function* contentOf(path: string, size: number): AsyncGenerator<Uint8Array, void, void> {
  const file: FileHandle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (let at = 0; at < size;) {
      const { bytesRead, buffer } = await file.read({
        buffer: Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - at)),
        position: at,
      });
      if (bytesRead === 0)
        throw new ProtocolError("STREAM_CLOSED", `${path} became shorter while it was copied.`);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
