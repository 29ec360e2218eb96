import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import {
  askNewPassword,
  type Keystore,
  openKey,
  requireLongPassword,
  sealKey,
  type SealKeyOptions,
} from "@fizz/protocol/keystore";
import { type Address, type Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { type Config } from "../config.ts";
import { type Logger } from "../observability/logger.ts";
import { readKeyFile } from "../store/operator-key.ts";
import { readPasswordFile } from "../store/password-file.ts";

/** What every command gets. */
export interface CommandContext {
  readonly config: Config;
  readonly log: Logger;
  /** Writes a line for people or programs to stdout. */
  readonly print: (line: string) => void;
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Asks whoever sits at the terminal for what is not shown; undefined when nobody does. */
  readonly askSecret?: ((question: string) => Promise<string>) | undefined;
}

export type KeyContext = Pick<CommandContext, "config" | "askSecret">;

export interface Identity {
  readonly key: Hex;
  readonly operator: Address;
  readonly peerId: string;
}

export function keyFileOf(config: Config): string {
  return config.FIZZ_NODE_KEY_FILE ?? join(config.FIZZ_NODE_DATA_DIR, "operator.key");
}

export function identityOf(key: Hex): Identity {
  return { key, operator: privateKeyToAddress(key), peerId: peerIdOfPublicKey(publicKeyOfPrivateKey(key)) };
}

/**
 * The operator key, opened with the password of the file or of whoever sits at the terminal.
 *
 * @throws ProtocolError CONFIG_INVALID when there is no key or no password, WALLET_REJECTED when the password is wrong
 */
export async function requireIdentity(context: KeyContext): Promise<Identity> {
  return identityOf(await openKey(requireKeystore(context.config), await passwordOf(context)));
}

/** @throws ProtocolError CONFIG_INVALID when there is no operator key, or one that is not encrypted */
export function requireKeystore(config: Config): Keystore {
  const path = keyFileOf(config);
  const file = readKeyFile(path);
  if (file === undefined) {
    const message = `There is no operator key at ${path}. Make one: npm run node -- init`;
    throw new ProtocolError("CONFIG_INVALID", message);
  }
  if ("rawKey" in file) {
    const message = `The operator key in ${path} is not encrypted. Encrypt it: npm run node -- init`;
    throw new ProtocolError("CONFIG_INVALID", message);
  }
  return file.keystore;
}

/** Opens it again before anything is replaced by it. @throws ProtocolError INTERNAL */
export async function sealSurely(key: Hex, password: string, options?: SealKeyOptions): Promise<Keystore> {
  const keystore = await sealKey(key, password, options);
  if ((await openKey(keystore, password)) !== key)
    throw new ProtocolError("INTERNAL", "The encrypted key does not open.");
  return keystore;
}

/** @throws ProtocolError CONFIG_INVALID when nobody can be asked */
export async function passwordOf({ config, askSecret }: KeyContext): Promise<string> {
  if (config.FIZZ_NODE_PASSWORD_FILE !== undefined) return readPasswordFile(config.FIZZ_NODE_PASSWORD_FILE);
  if (askSecret !== undefined) return await askSecret("Password of the operator key");
  throw noPassword();
}

/** The password for a key that is about to be encrypted. @throws ProtocolError CONFIG_INVALID, USAGE */
export async function newPasswordOf({ config, askSecret }: KeyContext): Promise<string> {
  const file = config.FIZZ_NODE_PASSWORD_FILE;
  if (file !== undefined) return requireLongPassword(readPasswordFile(file));
  if (askSecret !== undefined) return await askNewPassword(askSecret, "the operator key");
  throw noPassword();
}

function noPassword(): ProtocolError {
  const message =
    "The operator key needs a password, and nobody can be asked here. Set FIZZ_NODE_PASSWORD_FILE to a file " +
    "(mode 0600) that holds it.";
  return new ProtocolError("CONFIG_INVALID", message);
}

/** @throws ProtocolError CONFIG_INVALID */
export function requireGateway(config: Config): string {
  if (config.FIZZ_NODE_GATEWAY !== undefined) return config.FIZZ_NODE_GATEWAY;
  throw new ProtocolError("CONFIG_INVALID", "Set FIZZ_NODE_GATEWAY to the HTTP API of the gateway.");
}
