import { toast } from "sonner";
import { BaseError, type Hash, type TransactionReceipt } from "viem";
import type { Config } from "wagmi";
import { waitForTransactionReceipt } from "wagmi/actions";
import { ProtocolError } from "@fizz/protocol/errors";
import { showError } from "./show-error.ts";

const RECEIPT_TIMEOUT_MS = 180_000;

export interface TransactionSteps {
  /** What is done, as a title: "Deposit 1 ETH". */
  readonly title: string;
  /** What is said at the end. */
  readonly done: string;
  /** Simulates, calls `checked` when the simulation passed, then asks the wallet. */
  readonly send: (checked: () => void) => Promise<Hash>;
}

/**
 * One transaction with one toast that goes from "checking" to its end. A wallet is asked only for what the chain
 * would accept at this moment.
 *
 * @returns The receipt, or undefined when it did not happen; the reader was told why.
 */
export async function runTransaction(
  config: Config,
  steps: TransactionSteps,
): Promise<TransactionReceipt | undefined> {
  const { title } = steps;
  const id = toast.loading(title, { description: "Checking with the chain…" });
  try {
    const hash = await steps.send(() => {
      toast.loading(title, { id, description: "Confirm in your wallet." });
    });
    toast.loading(title, { id, description: "Sent. Waiting for a block…" });
    const receipt = await waitForReceipt(config, hash);
    toast.success(title, { id, description: steps.done });
    return receipt;
  } catch (error) {
    await showError(error, id);
    return undefined;
  }
}

/** Waits until a transaction is in a block. @throws ProtocolError TX_REVERTED, TX_LOST */
export async function waitForReceipt(config: Config, hash: Hash): Promise<TransactionReceipt> {
  let receipt: TransactionReceipt;
  try {
    receipt = await waitForTransactionReceipt(config, { hash, timeout: RECEIPT_TIMEOUT_MS });
  } catch (cause) {
    if (!(cause instanceof BaseError)) throw cause;
    const message = `The transaction ${hash} was sent and is not in a block yet. Look again in some minutes.`;
    throw new ProtocolError("TX_LOST", message, { cause });
  }
  if (receipt.status === "reverted")
    throw new ProtocolError("TX_REVERTED", `The transaction ${hash} was refused when its block was made.`);
  return receipt;
}
