import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";

const PRIVATE_FILE = 0o600;
const OTHERS = 0o077;
const KEY = /^0x[0-9a-fA-F]{64}$/;

/**
 * Reads the operator key from its file.
 *
 * @throws ProtocolError CONFIG_INVALID when it is missing, unreadable, or readable by others
 */
export function readOperatorKey(path: string): Hex {
  let text: string;
  let mode: number;
  try {
    text = readFileSync(path, "utf8").trim();
    mode = statSync(path).mode;
  } catch (cause) {
    const message = `There is no operator key at ${path}. Make one: npm run node -- init`;
    throw new ProtocolError("CONFIG_INVALID", message, { cause });
  }
  if ((mode & OTHERS) !== 0)
    throw new ProtocolError("CONFIG_INVALID", `Others may read ${path}. Run: chmod 600 ${path}`);
  if (!KEY.test(text))
    throw new ProtocolError("CONFIG_INVALID", `${path} holds no key: 0x and 64 hex digits.`);
  return text.toLowerCase() as Hex;
}

/** Writes a new key, unless there is a file. @returns Whether it was written. @throws ProtocolError STORE_FAILED */
export function writeOperatorKey(path: string, key: Hex): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${key}\n`, { flag: "wx", mode: PRIVATE_FILE });
    chmodSync(path, PRIVATE_FILE);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new ProtocolError("STORE_FAILED", `${path} cannot be written.`, { cause });
  }
}
