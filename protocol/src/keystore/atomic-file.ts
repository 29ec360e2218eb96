import { closeSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { ProtocolError } from "../errors/index.ts";

const PRIVATE_FILE = 0o600;

/**
 * Replaces a file so that a crash leaves the old or the new content, never a part. Where root replaces it, it stays its
 * owner's, such as the account of a service.
 *
 * @throws an error of node:fs
 */
export function replaceFileSync(path: string, content: string): void {
  const temporary = `${path}.tmp`;
  const old = statSync(path, { throwIfNoEntry: false });
  // What a crash left may be open to others; "wx" makes it anew, and fails where another process writes it now.
  rmSync(temporary, { force: true });
  const file = openSync(temporary, "wx", PRIVATE_FILE);
  try {
    if (old !== undefined && process.getuid?.() === 0) fchownSync(file, old.uid, old.gid);
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** Without it a crash may undo that a file was made, renamed or removed. @throws an error of node:fs */
export function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

export function storeFailed(message: string, cause: unknown): ProtocolError {
  return new ProtocolError("STORE_FAILED", message, { cause });
}
