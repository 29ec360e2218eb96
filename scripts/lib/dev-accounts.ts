import { type HDAccount, mnemonicToAccount } from "viem/accounts";
import { type Hex, toHex } from "viem";

/** The mnemonic that every local chain of this kind starts with. Its keys are public: never for real money. */
const MNEMONIC = "test test test test test test test test test test test junk";

const ROLES = { deployer: 0, gatewayOwner: 1, nodeOwner: 2, tenant: 3 } as const;

/** One of the rich accounts of the local chain. */
export interface DevAccount {
  readonly account: HDAccount;
  readonly privateKey: Hex;
}

/** The account of the local chain that plays a role. */
export function devAccount(role: keyof typeof ROLES): DevAccount {
  const account = mnemonicToAccount(MNEMONIC, { addressIndex: ROLES[role] });
  const key = account.getHdKey().privateKey;
  if (key === null) throw new Error("the development mnemonic gives no private key");
  return { account, privateKey: toHex(key) };
}
