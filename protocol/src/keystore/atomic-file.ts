import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { ProtocolError } from "../errors/index.ts";

const PRIVATE_FILE = 0o600;

/** Replaces a file so that a crash leaves the old or the new content, never a part. @throws an error of node:fs */
export function replaceFileSync(path: string, content: string): void {
  const temporary = `${path}.tmp`;
  // What a crash left may be open to others; "wx" makes it anew, and fails where another process writes it now.
  rmSync(temporary, { force: true });
  const file = openSync(temporary, "wx", PRIVATE_FILE);
  try {
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
