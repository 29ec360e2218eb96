import {
  createCipheriv,
  createDecipheriv,
  randomBytes,
  randomUUID,
  scrypt,
  type ScryptOptions,
  timingSafeEqual,
} from "node:crypto";
import { promisify } from "node:util";
import { type Address, bytesToHex, concat, getAddress, type Hex, hexToBytes, keccak256 } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import { ProtocolError } from "../errors/index.ts";
import { addressSchema } from "../messages/primitives.ts";

/** scrypt cost: about 128 MiB and half a second. */
const DEFAULT_SCRYPT_N = 2 ** 17;
/** Largest cost that a file may ask for: a foreign file must not take all memory. */
const MAX_SCRYPT_N = 2 ** 20;
const SCRYPT_R = 8;
const KEY_BYTES = 32;
const SALT_BYTES = 32;
const CTR_IV_BYTES = 16;
const AES_128_KEY_BYTES = 16;

const bareHex = z.string().regex(/^(?:[0-9a-fA-F]{2}){1,128}$/);

/**
 * Web3 secret storage, version 3: scrypt, AES-128-CTR, keccak MAC, as every wallet reads it. Read also in the form that
 * earlier versions wrote: AES-256-GCM, where `mac` is the authentication tag over key and address.
 */
export const keystoreSchema = z.object({
  version: z.literal(3),
  id: z.string().max(64),
  address: z
    .string()
    .transform((text) => (text.startsWith("0x") ? text : `0x${text}`))
    .pipe(addressSchema),
  crypto: z.object({
    cipher: z.enum(["aes-256-gcm", "aes-128-ctr"]),
    cipherparams: z.object({ iv: bareHex }),
    ciphertext: bareHex,
    kdf: z.literal("scrypt"),
    kdfparams: z.object({
      n: z.number().int().min(2).max(MAX_SCRYPT_N),
      r: z.number().int().min(1).max(16),
      p: z.number().int().min(1).max(16),
      dklen: z.literal(KEY_BYTES),
      salt: bareHex,
    }),
    mac: bareHex,
  }),
});
export type Keystore = z.infer<typeof keystoreSchema>;
type KdfParams = Keystore["crypto"]["kdfparams"];

export interface SealKeyOptions {
  /** scrypt cost, a power of two; lower only in tests. */
  readonly scryptN?: number;
  /** What the key cost before, instead: another password makes it neither cheaper nor dearer. */
  readonly cost?: Pick<KdfParams, "n" | "r" | "p">;
}

/** Encrypts a private key with a password. */
export async function sealKey(
  privateKey: Hex,
  password: string,
  { scryptN = DEFAULT_SCRYPT_N, cost = { n: scryptN, r: SCRYPT_R, p: 1 } }: SealKeyOptions = {},
): Promise<Keystore> {
  const address = privateKeyToAccount(privateKey).address;
  const kdfparams: KdfParams = {
    n: cost.n,
    r: cost.r,
    p: cost.p,
    dklen: KEY_BYTES,
    salt: hexOf(randomBytes(SALT_BYTES)),
  };
  const key = await deriveKey(password, kdfparams);
  const iv = randomBytes(CTR_IV_BYTES);
  const cipher = createCipheriv("aes-128-ctr", key.subarray(0, AES_128_KEY_BYTES), iv);
  const ciphertext = Buffer.concat([cipher.update(hexToBytes(privateKey)), cipher.final()]);
  return {
    version: 3,
    id: randomUUID(),
    address,
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: hexOf(iv) },
      ciphertext: hexOf(ciphertext),
      kdf: "scrypt",
      kdfparams,
      mac: hexOf(macOf(key, ciphertext)),
    },
  };
}

/** Decrypts a private key. @throws ProtocolError WALLET_REJECTED when the password or the file is wrong. */
export async function openKey(keystore: Keystore, password: string): Promise<Hex> {
  const key = await deriveKey(password, keystore.crypto.kdfparams);
  const privateKey =
    keystore.crypto.cipher === "aes-256-gcm" ? openGcm(keystore, key) : openCtr(keystore, key);
  if (privateKey === undefined || addressOf(privateKey) !== getAddress(keystore.address))
    throw new ProtocolError("WALLET_REJECTED", "The password of the key is wrong, or its file is damaged.");
  return privateKey;
}

function openGcm({ address, crypto }: Keystore, key: Buffer): Hex | undefined {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(crypto.cipherparams.iv, "hex"), {
      authTagLength: 16,
    });
    decipher.setAAD(hexToBytes(getAddress(address))).setAuthTag(Buffer.from(crypto.mac, "hex"));
    return bytesToHex(
      Buffer.concat([decipher.update(Buffer.from(crypto.ciphertext, "hex")), decipher.final()]),
    );
  } catch {
    return undefined;
  }
}

function openCtr({ crypto }: Keystore, key: Buffer): Hex | undefined {
  const ciphertext = Buffer.from(crypto.ciphertext, "hex");
  const mac = macOf(key, ciphertext);
  const given = Buffer.from(crypto.mac, "hex");
  const iv = Buffer.from(crypto.cipherparams.iv, "hex");
  if (given.length !== mac.length || !timingSafeEqual(mac, given) || iv.length !== CTR_IV_BYTES)
    return undefined;
  const decipher = createDecipheriv("aes-128-ctr", key.subarray(0, AES_128_KEY_BYTES), iv);
  return bytesToHex(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
}

function macOf(key: Buffer, ciphertext: Buffer): Uint8Array {
  return hexToBytes(keccak256(concat([key.subarray(AES_128_KEY_BYTES), ciphertext])));
}

const scryptAsync = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

async function deriveKey(password: string, { n, r, p, salt }: KdfParams): Promise<Buffer> {
  const options = { N: n, r, p, maxmem: 2 * 128 * n * r };
  try {
    return await scryptAsync(password.normalize("NFKC"), Buffer.from(salt, "hex"), KEY_BYTES, options);
  } catch (cause) {
    const message = "The file of the key asks for an impossible scrypt.";
    throw new ProtocolError("STORE_FAILED", message, { cause });
  }
}

function addressOf(privateKey: Hex): Address | undefined {
  try {
    return privateKeyToAccount(privateKey).address;
  } catch {
    return undefined;
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
