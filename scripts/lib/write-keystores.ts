import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sealKey } from "@fizz/protocol/keystore";
import { type Hex } from "viem";

/** scrypt made cheap: the networks that use these end with their keys. */
const SCRYPT_N = 2 ** 10;

export interface WrittenKeystores<Name extends string> {
  /** By the name that was given for the key. */
  readonly files: Readonly<Record<Name, string>>;
  /** Of all of them. */
  readonly passwordFile: string;
}

/** Keys as `init` leaves them, and their password beside them, where a real machine would not have it. */
export async function writeKeystores<Name extends string>(
  folder: string,
  keys: Readonly<Record<Name, Hex>>,
): Promise<WrittenKeystores<Name>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const passwordFile = join(folder, "password");
  const password = randomBytes(16).toString("hex");
  const files = {} as Record<Name, string>;
  for (const [name, key] of Object.entries(keys) as [Name, Hex][]) {
    files[name] = join(folder, `${name}.key`);
    const keystore = await sealKey(key, password, { scryptN: SCRYPT_N });
    await writeFile(files[name], JSON.stringify(keystore), { mode: 0o600 });
  }
  await writeFile(passwordFile, password, { mode: 0o600 });
  return { files, passwordFile };
}
