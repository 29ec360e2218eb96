import { type Address } from "viem";

export interface FizzDomain {
  readonly name: "Fizz";
  readonly version: "1";
  readonly chainId: number;
  readonly verifyingContract: Address;
}

/** EIP-712 domain of everything that is signed. Quotes, receipts, grants and proofs name the lease market. */
export function fizzDomain(chainId: number, verifyingContract: Address): FizzDomain {
  return { name: "Fizz", version: "1", chainId, verifyingContract };
}
