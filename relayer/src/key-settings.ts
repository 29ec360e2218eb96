import { ProtocolError } from "@fizz/protocol/errors";
import { z } from "zod";
import { type Option } from "./config-option.ts";

const path = z.string().min(1);

/** Settings of the keys: where their files are, never a key. */
export const keyShape = {
  keyFile: path,
  passwordFile: path.optional(),
  ownerKeystore: path.optional(),
  ownerPasswordFile: path.optional(),
};

export const KEY_OPTIONS: readonly Option[] = [
  {
    env: "FIZZ_GATEWAY_KEY_FILE",
    key: "keyFile",
    fallback: "required",
    text: "Operator key of the subnet, encrypted (Web3 secret storage), made by init with mode 0600. It is the libp2p identity too.",
  },
  {
    env: "FIZZ_GATEWAY_PASSWORD_FILE",
    key: "passwordFile",
    fallback: "asked at the terminal",
    text: "File with the password of that key, mode 0600, or a credential of systemd or Docker.",
  },
  {
    env: "FIZZ_GATEWAY_OWNER_KEYSTORE",
    key: "ownerKeystore",
    fallback: "the operator key",
    text: "register only: key of the wallet that stakes and earns, encrypted (Web3 secret storage); keep it off the machine otherwise.",
  },
  {
    env: "FIZZ_GATEWAY_OWNER_PASSWORD_FILE",
    key: "ownerPasswordFile",
    fallback: "asked at the terminal",
    text: "register only: file with the password of that key, mode 0600.",
  },
];

/** Keys as they are, which earlier versions took, and what to do with them. */
const RAW_KEYS = [
  {
    env: "FIZZ_GATEWAY_KEY",
    key: "key",
    advice:
      "Put it into the file of FIZZ_GATEWAY_KEY_FILE (mode 0600), and have it encrypted: npm run gateway -- init",
  },
  {
    env: "FIZZ_GATEWAY_OWNER_KEY",
    key: "ownerKey",
    advice:
      "Name an encrypted file by --owner-keystore or FIZZ_GATEWAY_OWNER_KEYSTORE (fizz wallet import makes one), " +
      "or use --unsigned.",
  },
];

/** @throws ProtocolError CONFIG_INVALID when the environment, or the configuration file, holds a key */
export function refuseRawKeys(
  env: Readonly<Record<string, string | undefined>>,
  file: Readonly<Record<string, unknown>>,
): void {
  for (const { env: name, key, advice } of RAW_KEYS) {
    const seen = "a key in the environment is seen by whoever sees the process";
    if ((env[name] ?? "") !== "") throw refusal(`${name} is not read: ${seen}. ${advice}`);
    if (file[key] !== undefined)
      throw refusal(`The configuration file has a key in it (${key}), which is not read. ${advice}`);
  }
}

function refusal(message: string): ProtocolError {
  return new ProtocolError("CONFIG_INVALID", message);
}
