import { addressOfPublicKey } from "@fizz/protocol/identity";
import { recoverDigestKey } from "@fizz/protocol/node";
import { type FizzDomain, quoteHasher, type SignedQuote } from "@fizz/protocol/typed-data";
import { type Address, type Hex } from "viem";

/** Operators whose key is remembered; beyond it, the one that was known first is forgotten. */
const MAX_KNOWN_KEYS = 20_000;

/** Tells who signed a quote: with native curve arithmetic, and with each operator's address computed once. */
export class QuoteSigners {
  readonly #digestOf: ReturnType<typeof quoteHasher>;
  /** Compressed keys by operator. */
  readonly #keys = new Map<Address, Hex>();

  constructor(domain: FizzDomain) {
    this.#digestOf = quoteHasher(domain);
  }

  /** Whether the operator signed exactly this quote. */
  isSignedBy({ quote, signature }: SignedQuote, operator: Address): boolean {
    const key = recoverDigestKey(this.#digestOf(quote), signature);
    if (key === undefined) return false;
    const known = this.#keys.get(operator);
    if (known !== undefined) return known === key;
    if (addressOfPublicKey(key).toLowerCase() !== operator.toLowerCase()) return false;
    this.#remember(operator, key);
    return true;
  }

  #remember(operator: Address, key: Hex): void {
    this.#keys.set(operator, key);
    if (this.#keys.size <= MAX_KNOWN_KEYS) return;
    const [oldest] = this.#keys.keys();
    if (oldest !== undefined) this.#keys.delete(oldest);
  }
}
