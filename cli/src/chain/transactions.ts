import { ProtocolError } from "@fizz/protocol/errors";
import {
  type Address,
  createWalletClient,
  custom,
  type Hash,
  type Hex,
  keccak256,
  type LocalAccount,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from "viem";
import { pause } from "../pause.ts";
import { type Chain, chainAt } from "./chain.ts";

/** Longest wait for a transaction to be seen in a block, in milliseconds. */
const RECEIPT_TIMEOUT_MS = 180_000;
const RECEIPT_POLL_MS = 500;
/** Two runs with one wallet at one time may take the same nonce; a later try reads it again. */
const MAX_NONCE_TRIES = 4;
const NONCE_TRIES_APART_MS = 700;

/**
 * Gas beyond the estimate. A second later a settlement may move its first whole units and write up to three accounts
 * that were empty when it was estimated; what is not used costs nothing.
 */
const GAS_PERCENT = 125n;
const GAS_RESERVE = 100_000n;

export interface Call {
  readonly to: Address;
  readonly data: Hex;
  readonly value?: bigint;
}

export interface Sender {
  readonly chain: Chain;
  readonly account: LocalAccount;
  readonly signal: AbortSignal;
  /** Told once the transaction is out. */
  readonly onSent?: (hash: Hash) => void;
}

/**
 * Runs a call without sending it.
 *
 * @throws ProtocolError The contract's refusal as a sentence; INSUFFICIENT_FUNDS; CHAIN_UNREACHABLE
 */
export async function simulate(chain: Chain, from: Address, call: Call): Promise<void> {
  await chain.ask(chain.client.call({ account: from, ...call }));
}

/**
 * Simulates, signs, sends and waits for the block. What would revert is never sent.
 *
 * @throws ProtocolError As {@link simulate}; TX_LOST when it is not seen in time.
 */
export async function send(sender: Sender, call: Call): Promise<TransactionReceipt> {
  const { chain, account } = sender;
  await simulate(chain, account.address, call);
  const hash = await submit(sender, call);
  sender.onSent?.(hash);
  const receipt = await waitForReceipt(sender, hash);
  if (receipt.status === "success") return receipt;
  // The state moved between the simulation and the block: the same call now says why.
  await simulate(chain, account.address, call);
  throw new ProtocolError("TX_REVERTED", `The transaction ${hash} was included and refused.`);
}

/**
 * Signs here and sends, so that the hash is known before the RPC has answered: an answer that is lost on the way must
 * not lead to a second transaction.
 */
async function submit(sender: Sender, call: Call): Promise<Hash> {
  const { chain, account, signal } = sender;
  for (let tries = 1; ; tries += 1) {
    const serializedTransaction = await chain.ask(sign(chain, account, call));
    const hash = keccak256(serializedTransaction);
    try {
      return await chain.client.sendRawTransaction({ serializedTransaction });
    } catch (error) {
      if (await isKnown(chain, hash)) return hash;
      if (tries >= MAX_NONCE_TRIES || !isNonceClash(error)) throw chain.explain(error);
      await pause(NONCE_TRIES_APART_MS * tries, signal);
    }
  }
}

async function sign(chain: Chain, account: LocalAccount, call: Call): Promise<Hex> {
  const wallet = createWalletClient({
    account,
    chain: chainAt(chain.rpcUrl, chain.id),
    transport: custom({ request: async (args) => await chain.client.request(args as never) }),
  });
  const estimate = await chain.client.estimateGas({ account: account.address, ...call });
  const gas = (estimate * GAS_PERCENT) / 100n + GAS_RESERVE;
  return await wallet.signTransaction(await wallet.prepareTransactionRequest({ ...call, gas }));
}

async function isKnown({ client }: Chain, hash: Hash): Promise<boolean> {
  return await client.getTransaction({ hash }).then(
    () => true,
    () => false,
  );
}

function isNonceClash(error: unknown): boolean {
  return error instanceof Error && /nonce too low|replacement transaction/i.test(error.message);
}

/** An RPC that is away for a while is waited for: the transaction is out. */
async function waitForReceipt({ chain, signal }: Sender, hash: Hash): Promise<TransactionReceipt> {
  const deadline = Date.now() + RECEIPT_TIMEOUT_MS;
  let cause: unknown;
  while (Date.now() < deadline) {
    try {
      return await chain.client.getTransactionReceipt({ hash });
    } catch (error) {
      if (!(error instanceof TransactionReceiptNotFoundError)) cause = error;
    }
    await pause(RECEIPT_POLL_MS, signal);
  }
  const message = `The transaction ${hash} was sent and not seen in a block within ${RECEIPT_TIMEOUT_MS / 1_000} s.`;
  throw new ProtocolError("TX_LOST", message, { cause });
}
