import {
  type Abi,
  type Address,
  encodeFunctionData,
  getAddress,
  type Hex,
  isAddress,
  numberToHex,
} from "viem";
import { ProtocolError } from "../errors/index.ts";

/** A call of a contract. */
export interface ContractCall {
  readonly address: Address;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
  /** Wei. */
  readonly value?: bigint;
}

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
export class UnsignedCalls {
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

  send(call: ContractCall): Promise<void> {
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

/**
 * The owner whose transactions are printed, as it was typed behind `--owner`.
 *
 * @param what Such as `the node`. @throws ProtocolError USAGE
 */
export function requireOwnerAddress(owner: string | undefined, what: string): Address {
  if (owner !== undefined && isAddress(owner)) return getAddress(owner);
  const message = `--unsigned needs --owner 0x…, the address of the wallet that is to own ${what}.`;
  throw new ProtocolError("USAGE", message);
}
