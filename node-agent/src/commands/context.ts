import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { type Address, type Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { type Config } from "../config.ts";
import { type Logger } from "../observability/logger.ts";
import { readOperatorKey } from "../store/operator-key.ts";

/** What every command gets. */
export interface CommandContext {
  readonly config: Config;
  readonly log: Logger;
  /** Writes a line for people or programs to stdout. */
  readonly print: (line: string) => void;
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

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

/** The operator key of the environment, or of its file. @throws ProtocolError CONFIG_INVALID */
export function requireIdentity(config: Config): Identity {
  return identityOf(config.FIZZ_NODE_KEY ?? readOperatorKey(keyFileOf(config)));
}

/** @throws ProtocolError CONFIG_INVALID */
export function requireGateway(config: Config): string {
  if (config.FIZZ_NODE_GATEWAY !== undefined) return config.FIZZ_NODE_GATEWAY;
  throw new ProtocolError("CONFIG_INVALID", "Set FIZZ_NODE_GATEWAY to the HTTP API of the gateway.");
}
