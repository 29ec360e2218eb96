import { type ContractCall } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  type Account,
  type Address,
  type Chain as ViemChain,
  type Hash,
  type PublicClient,
  type TransactionReceipt,
  type Transport,
  type WalletClient,
} from "viem";
import { type Logger } from "../observability/logger.ts";
import { chainError } from "./chain-error.ts";

/** Time within which a transaction must be in a block, in milliseconds. */
const RECEIPT_TIMEOUT_MS = 60_000;
const POLL_MS = 250;
/** Fees of a transaction that replaces one that got stuck, in percent of what the chain suggests. */
const REPLACEMENT_FEE_PERCENT = 150n;
/** Gas over the estimate, in percent: the state may change before the transaction lands. */
const GAS_PERCENT = 125n;

export type Call = ContractCall;

/** Sends calls to the contracts. */
export interface CallSender {
  /** @throws ProtocolError what the revert stands for; INSUFFICIENT_FUNDS, TX_LOST, CHAIN_UNREACHABLE */
  send(call: Call): Promise<unknown>;
}

export interface TransactionsComponents {
  readonly client: PublicClient;
  readonly wallet: WalletClient<Transport, ViemChain, Account>;
  readonly log: Logger;
}

/**
 * Transactions of one key: each simulated first, sent one after the other so that nonces do not clash, and awaited.
 * A transaction that is not mined in time is replaced by the next one.
 */
export class Transactions implements CallSender {
  readonly #components: TransactionsComponents;
  #sending: Promise<unknown> = Promise.resolve();
  #isStuck = false;

  constructor(components: TransactionsComponents) {
    this.#components = components;
  }

  /** @throws ProtocolError what the revert stands for; INSUFFICIENT_FUNDS, TX_LOST, CHAIN_UNREACHABLE */
  async send(call: Call): Promise<TransactionReceipt> {
    const sent = this.#sending.then(() => this.#submit(call));
    this.#sending = sent.catch(() => undefined);
    const hash = await sent;
    return await this.#confirm(call, hash);
  }

  /** Sends coins. @throws as send */
  async pay(to: Address, value: bigint): Promise<void> {
    const { wallet } = this.#components;
    const sent = this.#sending.then(async () => {
      try {
        return await wallet.sendTransaction({ to, value });
      } catch (error) {
        throw chainError(error, "Sending coins");
      }
    });
    this.#sending = sent.catch(() => undefined);
    await this.#confirm({ functionName: "transfer" }, await sent);
  }

  async #submit(call: Call): Promise<Hash> {
    const { client, wallet, log } = this.#components;
    const { account } = wallet;
    try {
      await client.simulateContract({ ...call, account });
      const gas = await client.estimateContractGas({ ...call, account });
      const hash = await wallet.writeContract({
        ...call,
        gas: (gas * GAS_PERCENT) / 100n,
        ...(await this.#nonceAndFees()),
      });
      log.info({ event: "transaction.sent", call: call.functionName, hash }, "A transaction was sent.");
      return hash;
    } catch (error) {
      throw chainError(error, call.functionName);
    }
  }

  async #nonceAndFees(): Promise<{ nonce: number; maxFeePerGas?: bigint; maxPriorityFeePerGas?: bigint }> {
    const { client, wallet } = this.#components;
    const { address } = wallet.account;
    if (!this.#isStuck) return { nonce: await client.getTransactionCount({ address, blockTag: "pending" }) };
    const nonce = await client.getTransactionCount({ address, blockTag: "latest" });
    const { maxFeePerGas, maxPriorityFeePerGas } = await client.estimateFeesPerGas();
    return {
      nonce,
      maxFeePerGas: (maxFeePerGas * REPLACEMENT_FEE_PERCENT) / 100n,
      maxPriorityFeePerGas: (maxPriorityFeePerGas * REPLACEMENT_FEE_PERCENT) / 100n + 1n,
    };
  }

  async #confirm(call: { readonly functionName: string }, hash: Hash): Promise<TransactionReceipt> {
    const receipt = await this.#receipt(hash);
    if (receipt === undefined) {
      this.#isStuck = true;
      throw new ProtocolError("TX_LOST", `${call.functionName}: the transaction ${hash} is in no block yet.`);
    }
    this.#isStuck = false;
    if (receipt.status === "reverted")
      throw new ProtocolError("TX_REVERTED", `${call.functionName}: the transaction ${hash} was reverted.`);
    return receipt;
  }

  async #receipt(hash: Hash): Promise<TransactionReceipt | undefined> {
    const { client } = this.#components;
    try {
      return await client.waitForTransactionReceipt({
        hash,
        timeout: RECEIPT_TIMEOUT_MS,
        pollingInterval: POLL_MS,
        checkReplacement: false,
      });
    } catch {
      return undefined;
    }
  }
}
