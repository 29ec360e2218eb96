import { readFileSync } from "node:fs";
import { type KeyPair } from "./key-pair.ts";
import { writeWhole } from "./whole-file.ts";

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
  // The key first: a certificate without its key would be read as a pair with an older one.
  writeWhole(`${path}.key`, key);
  writeWhole(`${path}.crt`, cert);
}
