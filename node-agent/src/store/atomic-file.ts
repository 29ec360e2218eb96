import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";

const PRIVATE_FILE = 0o600;

/** Ends of temporary files: what a crash left over is removed at the next start. */
export const TEMPORARY_SUFFIX = ".tmp";

/**
 * Replaces a file so that a crash leaves the old or the new content, never a part.
 *
 * @throws ProtocolError STORE_FAILED
 */
export async function writeFileAtomically(path: string, content: string): Promise<void> {
  const temporary = `${path}${TEMPORARY_SUFFIX}`;
  try {
    const file = await open(temporary, "w", PRIVATE_FILE);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    throw storeFailed(`${path} cannot be written.`, cause);
  }
}

/** As {@link writeFileAtomically}, where nothing else may happen in between. @throws an error of node:fs */
export function replaceFileSync(path: string, content: string): void {
  const temporary = `${path}${TEMPORARY_SUFFIX}`;
  const file = openSync(temporary, "w", PRIVATE_FILE);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

/** Content of a file, or undefined when there is none. @throws ProtocolError STORE_FAILED */
export async function readFileIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw storeFailed(`${path} cannot be read.`, cause);
  }
}

/** Removes a file for good; one that is not there is fine. @throws ProtocolError STORE_FAILED */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
    await syncDirectory(dirname(path));
  } catch (cause) {
    throw storeFailed(`${path} cannot be removed.`, cause);
  }
}

export function storeFailed(message: string, cause: unknown): ProtocolError {
  return new ProtocolError("STORE_FAILED", message, { cause });
}

/** Without it a crash may undo the rename. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
