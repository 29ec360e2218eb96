import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { KeptKey } from "@fizz/protocol/keystore";
import { type Address, type Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { type Config } from "../config.ts";
import { type Logger } from "../observability/logger.ts";

/** What every command gets. */
export interface CommandContext {
  readonly config: Config;
  readonly log: Logger;
  /** Writes a line for people or programs to stdout. */
  readonly print: (line: string) => void;
  /** Writes a line for people to stderr, where stdout belongs to programs; undefined when nobody reads it. */
  readonly note?: ((line: string) => void) | undefined;
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

export function operatorKeyOf({ config, askSecret }: KeyContext): KeptKey {
  return new KeptKey({
    name: "operator key",
    path: keyFileOf(config),
    passwordFile: config.FIZZ_NODE_PASSWORD_FILE,
    passwordSetting: "FIZZ_NODE_PASSWORD_FILE",
    ask: askSecret,
    advice: { missing: "Make one: npm run node -- init", raw: "Encrypt it: npm run node -- init" },
  });
}

/**
 * The operator key, opened with the password of the file or of whoever sits at the terminal.
 *
 * @throws ProtocolError CONFIG_INVALID when there is no key or no password, WALLET_REJECTED when the password is wrong
 */
export async function requireIdentity(context: KeyContext): Promise<Identity> {
  return identityOf(await operatorKeyOf(context).open());
}

/** @throws ProtocolError CONFIG_INVALID */
export function requireGateway(config: Config): string {
  if (config.FIZZ_NODE_GATEWAY !== undefined) return config.FIZZ_NODE_GATEWAY;
  throw new ProtocolError("CONFIG_INVALID", "Set FIZZ_NODE_GATEWAY to the HTTP API of the gateway.");
}
