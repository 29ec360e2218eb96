import { ProtocolError } from "@fizz/protocol/errors";
import { openKey } from "@fizz/protocol/keystore";
import { type Address, type Hex, type LocalAccount } from "viem";
import { mnemonicToAccount, privateKeyToAccount } from "viem/accounts";
import { type WalletStore } from "./wallet-store.ts";

/** The mnemonic of every local development chain. Its keys are public: never for real money. */
const DEV_MNEMONIC = "test test test test test test test test test test test junk";
const DEV_TENANT_INDEX = 3;
const DEV_CHAIN_ID = 31_337;

/** A wallet whose key is decrypted only when something must be signed. */
export interface WalletRef {
  readonly address: Address;
  /** For people: where it comes from. */
  readonly source: string;
  /** Whether it is the public key of the development chain. */
  readonly dev: boolean;
  /** Whether the key is in the environment, as it is. */
  readonly isRaw: boolean;
  readonly unlock: () => Promise<LocalAccount>;
}

export interface WalletChoice {
  /** `--wallet`. */
  readonly flag: string | undefined;
  /** FIZZ_PRIVATE_KEY. */
  readonly privateKey: Hex | undefined;
  /** Of the network in the config file. */
  readonly networkWallet: string | undefined;
  /** `fizz wallet use`. */
  readonly currentWallet: string | undefined;
  /** Whether the network is a throw-away chain, and which. */
  readonly dev: boolean;
  readonly chainId: number;
}

export interface WalletSources {
  readonly store: WalletStore;
  readonly password: (wallet: string) => Promise<string>;
}

/**
 * Flag, then FIZZ_PRIVATE_KEY, then the network's wallet, then the current one; on the local development chain the
 * public development account when there is none of these.
 *
 * @throws ProtocolError WALLET_MISSING
 */
export async function findWallet(choice: WalletChoice, sources: WalletSources): Promise<WalletRef> {
  if (choice.flag !== undefined) return await storedWallet(choice.flag, sources);
  if (choice.privateKey !== undefined) return keyWallet(choice.privateKey);
  const name = choice.networkWallet ?? choice.currentWallet;
  if (name !== undefined) return await storedWallet(name, sources);
  if (choice.dev && choice.chainId === DEV_CHAIN_ID) return devWallet();
  throw new ProtocolError("WALLET_MISSING", "No wallet is set up.");
}

async function storedWallet(name: string, { store, password }: WalletSources): Promise<WalletRef> {
  const { keystore } = await store.require(name);
  let unlocked: LocalAccount | undefined;
  return {
    address: keystore.address,
    source: `wallet "${name}"`,
    dev: false,
    isRaw: false,
    unlock: async () => (unlocked ??= privateKeyToAccount(await openKey(keystore, await password(name)))),
  };
}

function keyWallet(privateKey: Hex): WalletRef {
  let account: LocalAccount;
  try {
    account = privateKeyToAccount(privateKey);
  } catch {
    // The cause would name the key.
    throw new ProtocolError("CONFIG_INVALID", "FIZZ_PRIVATE_KEY is not a private key.");
  }
  return {
    address: account.address,
    source: "FIZZ_PRIVATE_KEY",
    dev: false,
    isRaw: true,
    unlock: () => Promise.resolve(account),
  };
}

function devWallet(): WalletRef {
  const account = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: DEV_TENANT_INDEX });
  return {
    address: account.address,
    source: "the public development account of the local chain",
    dev: true,
    isRaw: false,
    unlock: () => Promise.resolve(account),
  };
}
