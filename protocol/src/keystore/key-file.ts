import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { type Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { ProtocolError } from "../errors/index.ts";
import { replaceFileSync, storeFailed, syncDirectory } from "./atomic-file.ts";
import { type Keystore, keystoreSchema } from "./keystore.ts";
import { requirePrivate } from "./private-file.ts";

const PRIVATE_FILE = 0o600;
const MAX_KEY_FILE_BYTES = 16 * 1_024;
const RAW_KEY = /^(?:0x)?([0-9a-fA-F]{64})$/;

/** What a key file holds: an encrypted key, or, from an earlier version or brought along, a key as it is. */
export type KeyFile = { readonly keystore: Keystore } | { readonly rawKey: Hex };

/**
 * Reads the file of a key.
 *
 * @returns Undefined when there is none. @throws ProtocolError CONFIG_INVALID when it is readable by others, or no key
 */
export function readKeyFile(path: string): KeyFile | undefined {
  const text = readPrivate(path);
  if (text === undefined) return undefined;
  const rawKey = rawKeyOf(text);
  if (rawKey !== undefined) return { rawKey };
  const keystore = keystoreSchema.safeParse(jsonOf(text));
  if (keystore.success) return { keystore: keystore.data };
  // What is wrong with it is not told: it may be a key with a slip.
  throw new ProtocolError(
    "CONFIG_INVALID",
    `${path} is no keystore (Web3 secret storage, version 3, scrypt).`,
  );
}

function readPrivate(path: string): string | undefined {
  try {
    const { mode, size } = statSync(path);
    requirePrivate(path, { mode, uid: undefined });
    if (size <= MAX_KEY_FILE_BYTES) return readFileSync(path, "utf8").trim();
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ProtocolError("CONFIG_INVALID", `${path} cannot be read.`, { cause });
  }
  throw new ProtocolError("CONFIG_INVALID", `${path} is over ${MAX_KEY_FILE_BYTES} bytes: no key.`);
}

/** Zero and numbers beyond the curve's order are no keys. */
function rawKeyOf(text: string): Hex | undefined {
  const [, digits] = RAW_KEY.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const key: Hex = `0x${digits.toLowerCase()}`;
  try {
    privateKeyToAddress(key);
    return key;
  } catch {
    return undefined;
  }
}

/** Writes the file of a new key. @throws ProtocolError STORE_FAILED, also when there is one */
export function writeKeyFile(path: string, keystore: Keystore): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(path, "wx", PRIVATE_FILE);
    try {
      writeSync(file, textOf(keystore));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    syncDirectory(dirname(path));
  } catch (cause) {
    throw storeFailed(`${path} cannot be written.`, cause);
  }
}

/** Puts the encrypted key in the place of the file that is there, also behind a link. @throws ProtocolError STORE_FAILED */
export function replaceKeyFile(path: string, keystore: Keystore): void {
  try {
    replaceFileSync(realpathSync(path), textOf(keystore));
  } catch (cause) {
    throw storeFailed(`${path} cannot be written.`, cause);
  }
}

function textOf(keystore: Keystore): string {
  return `${JSON.stringify(keystore, undefined, 2)}\n`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
