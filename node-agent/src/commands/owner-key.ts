import { ProtocolError } from "@fizz/protocol/errors";
import { openKey } from "@fizz/protocol/keystore";
import { toWire } from "@fizz/protocol/messages";
import { type Address, getAddress, type Hex, isAddress } from "viem";
import { UnsignedCalls } from "../chain/unsigned-calls.ts";
import { readKeyFile } from "../store/operator-key.ts";
import { readPasswordFile } from "../store/password-file.ts";
import { type CommandContext, type KeyContext } from "./context.ts";

/** How an owner acts: by a key in a file, or by transactions that are printed for a wallet elsewhere. */
export interface OwnerOptions {
  /** `--owner-keystore`, before FIZZ_NODE_OWNER_KEYSTORE. */
  readonly ownerKeystore?: string | undefined;
  /** `--unsigned`. */
  readonly unsigned?: boolean;
  /** `--owner`, where the chain does not know the node's owner yet. */
  readonly owner?: string | undefined;
}

/**
 * The owner's key, opened.
 *
 * @returns Undefined where no file is named: the operator acts for itself. @throws ProtocolError CONFIG_INVALID, WALLET_REJECTED
 */
export async function findOwnerKey(
  { config, askSecret }: KeyContext,
  ownerKeystore: string | undefined,
): Promise<Hex | undefined> {
  const path = ownerKeystore ?? config.FIZZ_NODE_OWNER_KEYSTORE;
  if (path === undefined) return undefined;
  const file = readKeyFile(path);
  if (file === undefined) throw new ProtocolError("CONFIG_INVALID", `There is no owner key at ${path}.`);
  if ("rawKey" in file) {
    const message = `The owner key in ${path} is not encrypted. Make a keystore of it: fizz wallet import NAME`;
    throw new ProtocolError("CONFIG_INVALID", message);
  }
  const passwordFile = config.FIZZ_NODE_OWNER_PASSWORD_FILE;
  if (passwordFile !== undefined) return await openKey(file.keystore, readPasswordFile(passwordFile));
  if (askSecret !== undefined)
    return await openKey(file.keystore, await askSecret("Password of the owner key"));
  const message =
    "The owner key needs a password, and nobody can be asked here. Set FIZZ_NODE_OWNER_PASSWORD_FILE to a file " +
    "(mode 0600) that holds it.";
  throw new ProtocolError("CONFIG_INVALID", message);
}

/** Prints what the owner's wallet is to send, one JSON object a line. */
export function printedCalls(
  { print }: Pick<CommandContext, "print">,
  chainId: number,
  owner: Address,
): UnsignedCalls {
  return new UnsignedCalls({ chainId, owner }, (transaction) => {
    print(toWire(transaction));
  });
}

/** @throws ProtocolError USAGE */
export function requireOwnerAddress(owner: string | undefined): Address {
  if (owner !== undefined && isAddress(owner)) return getAddress(owner);
  throw new ProtocolError(
    "USAGE",
    "--unsigned needs --owner 0x…, the address of the wallet that is to own the node.",
  );
}
