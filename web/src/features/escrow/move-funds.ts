import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type Address, type TransactionReceipt, zeroAddress } from "viem";
import type { Config } from "wagmi";
import { simulateContract, writeContract } from "wagmi/actions";
import { runTransaction } from "../../chain/run-transaction.ts";
import { coin } from "../../format/format.ts";

export interface Move {
  readonly market: Address;
  readonly account: Address;
  /** Wei. */
  readonly amount: bigint;
}

/** Moves ether from the wallet into its escrow account. */
export async function deposit(
  config: Config,
  { market, account, amount }: Move,
): Promise<TransactionReceipt | undefined> {
  return await runTransaction(config, {
    title: `Deposit ${coin(amount)}`,
    done: "It is in your escrow account.",
    send: async (checked) => {
      const call = {
        address: market,
        abi: leaseMarketAbi,
        functionName: "deposit",
        account,
        value: amount,
      } as const;
      const { request } = await simulateContract(config, call);
      checked();
      return await writeContract(config, request);
    },
  });
}

/** Moves free ether of the escrow account back to the wallet. */
export async function withdraw(
  config: Config,
  { market, account, amount }: Move,
): Promise<TransactionReceipt | undefined> {
  return await runTransaction(config, {
    title: `Withdraw ${coin(amount)}`,
    done: "It is back in your wallet.",
    send: async (checked) => {
      const args = [zeroAddress, amount] as const;
      const call = { address: market, abi: leaseMarketAbi, functionName: "withdraw", account, args } as const;
      const { request } = await simulateContract(config, call);
      checked();
      return await writeContract(config, request);
    },
  });
}
