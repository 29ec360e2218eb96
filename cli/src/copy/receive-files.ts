import { lstat, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { unpackArchive, type Unpacked } from "./unpack-archive.ts";

const STAGING = ".fizz-copy-";

export interface Received extends Unpacked {
  /** Where it is now. */
  readonly path: string;
}

/**
 * Unpacks what comes beside its place, and gives it its name when all of it is there: whatever goes wrong before leaves
 * nothing under that name. A file takes the place of a file, as `cp` does; a folder takes nobody's place.
 *
 * @param chunks The archive; an end that is not sure must throw.
 * @throws ProtocolError USAGE, ARCHIVE_REFUSED, and what the chunks throw
 */
export async function receiveFiles(
  chunks: AsyncIterable<Uint8Array>,
  { root, path }: { readonly root: string; readonly path: string },
): Promise<Received> {
  const staging = await mkdtemp(join(dirname(path), STAGING));
  try {
    const into = join(staging, "content");
    const unpacked = await unpackArchive(chunks, { root, into });
    const present = await lstat(path).catch(() => undefined);
    if (present !== undefined && (unpacked.isFolder || present.isDirectory())) throw alreadyThere(path);
    await rename(into, path);
    return { ...unpacked, path };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * The name that what comes gets here: its own in a folder that there is, else the one that was said.
 *
 * @param from Path in the container.
 * @throws ProtocolError USAGE when there is no such folder, or something is there that a copy must not replace
 */
export async function localPlace(
  local: string,
  from: { readonly path: string; readonly service: string },
): Promise<{ root: string; path: string }> {
  const root = posix.basename(posix.resolve(from.path));
  const isFolder = await isFolderHere(local);
  const path = isFolder ? join(local, root === "" ? from.service : root) : local;
  if (!(await isFolderHere(dirname(path))) || (!isFolder && /[/\\]$/.test(local)))
    throw new ProtocolError("USAGE", `There is no folder ${dirname(path)} here.`);
  if (await isFolderHere(path)) throw alreadyThere(path);
  return { root, path };
}

async function isFolderHere(path: string): Promise<boolean> {
  return await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

function alreadyThere(path: string): ProtocolError {
  return new ProtocolError("USAGE", `${path} is there already. Say another name, or move it away.`);
}
