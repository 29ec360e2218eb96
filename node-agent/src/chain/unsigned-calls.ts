import { type Address, encodeFunctionData, type Hex, numberToHex } from "viem";
import { type Call, type CallSender } from "./transactions.ts";

/** A transaction as wallets take it (`eth_sendTransaction`), and what it does. */
export interface UnsignedTransaction {
  readonly what: string;
  readonly chainId: Hex;
  readonly from: Address;
  readonly to: Address;
  /** Wei. */
  readonly value: Hex;
  readonly data: Hex;
}

/** Hands on calls of an account whose key is elsewhere. Nothing is sent. */
export class UnsignedCalls implements CallSender {
  readonly owner: Address;
  readonly #chainId: Hex;
  readonly #onCall: (transaction: UnsignedTransaction) => void;

  constructor(
    { chainId, owner }: { readonly chainId: number; readonly owner: Address },
    onCall: (transaction: UnsignedTransaction) => void,
  ) {
    this.owner = owner;
    this.#chainId = numberToHex(chainId);
    this.#onCall = onCall;
  }

  send(call: Call): Promise<void> {
    const { address, functionName, value = 0n } = call;
    return this.#handOn({ what: functionName, to: address, value, data: encodeFunctionData(call) });
  }

  pay(to: Address, value: bigint): Promise<void> {
    return this.#handOn({ what: "transfer", to, value, data: "0x" });
  }

  async #handOn({
    what,
    to,
    value,
    data,
  }: Pick<UnsignedTransaction, "what" | "to" | "data"> & { readonly value: bigint }): Promise<void> {
    this.#onCall({ what, chainId: this.#chainId, from: this.owner, to, value: numberToHex(value), data });
    await Promise.resolve();
  }
}
