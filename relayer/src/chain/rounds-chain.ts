import { capacityRoundsAbi } from "@fizz/protocol/chain";
import { type Address } from "viem";
import { type RoundEventName, roundEventNames } from "../domain/node-rounds.ts";
import { RpcEventChain } from "./event-chain.ts";

/** The events of the capacity rounds behind an HTTP JSON-RPC endpoint. */
export class RpcRoundsChain extends RpcEventChain<RoundEventName> {
  constructor({ rpcUrl, address }: { readonly rpcUrl: string; readonly address: Address }) {
    super({
      rpcUrl,
      address,
      abi: capacityRoundsAbi,
      names: roundEventNames,
      what: "contract of capacity rounds",
    });
  }
}
