import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type KeyPair } from "./key-pair.ts";

/** Reads a pair that this program wrote. @returns undefined when it is not there, or only in part. */
export function readPair(path: string): KeyPair | undefined {
  try {
    return { cert: readFileSync(`${path}.crt`, "utf8"), key: readFileSync(`${path}.key`, "utf8") };
  } catch {
    return undefined;
  }
}

/** Writes a pair, for this user alone; each file is whole or not there. */
export function writePair(path: string, { cert, key }: KeyPair): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // The key first: a certificate without its key would be read as a pair with an older one.
  writeWhole(`${path}.key`, key);
  writeWhole(`${path}.crt`, cert);
}

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
