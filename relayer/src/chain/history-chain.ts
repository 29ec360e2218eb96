import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type HistoryEventName, historyEventNames } from "@fizz/protocol/messages";
import { type Address } from "viem";
import { RpcEventChain } from "./event-chain.ts";

export interface RpcHistoryChainInit {
  readonly rpcUrl: string;
  readonly market: Address;
}

/** The lease market's events behind an HTTP JSON-RPC endpoint. */
export class RpcHistoryChain extends RpcEventChain<HistoryEventName> {
  constructor({ rpcUrl, market }: RpcHistoryChainInit) {
    super({ rpcUrl, address: market, abi: leaseMarketAbi, names: historyEventNames, what: "lease market" });
  }
}
