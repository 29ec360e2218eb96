import { signDigest } from "@fizz/protocol/node";
import {
  fizzDomain,
  type FizzDomain,
  type ManifestReceipt,
  type Quote,
  quoteTypedData,
  receiptTypedData,
  type SignedQuote,
  type SignedReceipt,
} from "@fizz/protocol/typed-data";
import { type Address, type Hex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { type Signer } from "../ports.ts";

/** Signs with the operator key. It never decrypts anything. */
export class OperatorSigner implements Signer {
  readonly address: Address;
  readonly #account: PrivateKeyAccount;
  readonly #privateKey: Hex;
  readonly #domain: FizzDomain;

  constructor(privateKey: Hex, on: { readonly chainId: number; readonly market: Address }) {
    this.#account = privateKeyToAccount(privateKey);
    this.#privateKey = privateKey;
    this.address = this.#account.address;
    this.#domain = fizzDomain(on.chainId, on.market);
  }

  async signQuote(quote: Quote): Promise<SignedQuote> {
    return { quote, signature: await this.#account.signTypedData(quoteTypedData(this.#domain, quote)) };
  }

  async signReceipt(receipt: ManifestReceipt): Promise<SignedReceipt> {
    return { receipt, signature: await this.#account.signTypedData(receiptTypedData(this.#domain, receipt)) };
  }

  signDigest(digest: Uint8Array): Hex {
    return signDigest(digest, this.#privateKey);
  }
}
