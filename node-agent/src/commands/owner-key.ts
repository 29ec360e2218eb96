import { UnsignedCalls } from "@fizz/protocol/chain";
import { ownerKey } from "@fizz/protocol/keystore";
import { toWire } from "@fizz/protocol/messages";
import { type Address, type Hex } from "viem";
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
  const key = ownerKey({
    path,
    passwordFile: config.FIZZ_NODE_OWNER_PASSWORD_FILE,
    passwordSetting: "FIZZ_NODE_OWNER_PASSWORD_FILE",
    ask: askSecret,
  });
  return await key.open();
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
