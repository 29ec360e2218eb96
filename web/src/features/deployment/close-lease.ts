import { leaseMarketAbi } from "@fizz/protocol/chain";
import { fromWire } from "@fizz/protocol/messages";
import { closeReasons } from "@fizz/protocol/reasons";
import { signedReceiptSchema } from "@fizz/protocol/typed-data";
import type { TransactionReceipt } from "viem";
import type { Config } from "wagmi";
import { simulateContract, writeContract } from "wagmi/actions";
import { runTransaction } from "../../chain/run-transaction.ts";
import type { NetworkConfig } from "../../network/network-config.ts";
import type { LeaseView } from "../lease/read-lease.ts";
import type { CloseWay } from "./close-way.ts";

interface CloseInput {
  readonly config: Config;
  readonly network: NetworkConfig;
  readonly lease: LeaseView;
  readonly way: CloseWay;
  readonly receipt: unknown;
}

/** Ends a lease. The reader is told how it went. */
export async function closeLease({
  config,
  network,
  lease,
  way,
  receipt,
}: CloseInput): Promise<TransactionReceipt | undefined> {
  const contract = {
    address: network.contracts.leaseMarket,
    abi: leaseMarketAbi,
    account: lease.tenant,
  } as const;
  return await runTransaction(config, {
    title: `Close lease ${lease.lid}`,
    done: "It is closed. The refund is in your escrow account.",
    send: async (checked) => {
      if (way.call === "close") {
        const args = [lease.lid, closeReasons[way.reason]] as const;
        const { request } = await simulateContract(config, { ...contract, functionName: "close", args });
        checked();
        return await writeContract(config, request);
      }
      const signature = receipt === undefined ? "0x" : fromWire(signedReceiptSchema, receipt).signature;
      const args = [lease.lid, signature] as const;
      const { request } = await simulateContract(config, { ...contract, functionName: "expire", args });
      checked();
      return await writeContract(config, request);
    },
  });
}
