import { closeSync, fsyncSync, openSync } from "node:fs";
import { ProtocolError } from "@fizz/protocol/errors";

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
