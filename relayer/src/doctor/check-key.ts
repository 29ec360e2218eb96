import { ProtocolError } from "@fizz/protocol/errors";
import { type KeptKey } from "@fizz/protocol/keystore";
import { type Address, type Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { fail, ok, type Verdict, warn } from "./verdict.ts";

const NAME = "key file";

export interface FoundKey {
  readonly verdict: Verdict;
  /** Whose key it is, by the key or, where that does not open, by what its file says; undefined without a file. */
  readonly operator: Address | undefined;
}

/**
 * Whether a gateway could open its key.
 *
 * @param hasPassword Whether there is a file with the password, or somebody who can be asked.
 */
export async function checkKey(key: KeptKey, hasPassword: boolean): Promise<FoundKey> {
  try {
    if (!hasPassword) return untried(key);
    const operator = privateKeyToAddress(await key.open());
    return { operator, verdict: ok(NAME, `${key.path} opens with its password`) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const advice = error.code === "WALLET_REJECTED" ? `See the password of ${key.path}.` : NO_KEY;
    return { operator: claimedOperator(key), verdict: fail(NAME, error.message, advice) };
  }
}

const NO_KEY = "Without its key the gateway does not start.";

function untried(key: KeptKey): FoundKey {
  const { address } = key.read();
  const found = `${key.path} is encrypted, and its password was not tried`;
  const advice =
    "A service reads it from the file of FIZZ_GATEWAY_PASSWORD_FILE. To try it: set that, or ask at a terminal.";
  return { operator: address, verdict: warn(NAME, found, advice) };
}

function claimedOperator(key: KeptKey): Hex | undefined {
  try {
    const file = key.look();
    if (file === undefined) return undefined;
    return "keystore" in file ? file.keystore.address : privateKeyToAddress(file.rawKey);
  } catch {
    return undefined;
  }
}
