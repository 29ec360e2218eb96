import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type Address, BlockNotFoundError, type Hash, numberToHex, type PublicClient } from "viem";
import { type LeaseRecord } from "../domain/lease-record.ts";
import { leaseRecordOf } from "./abi-views.ts";
import { type LeaseChange, type LeaseSource } from "./lease-views.ts";

/** Leases of the market, as an RPC tells them. Throws what the client throws. */
export class LeaseReads implements LeaseSource {
  readonly #client: PublicClient;
  readonly #market: Address;

  constructor(client: PublicClient, market: Address) {
    this.#client = client;
    this.#market = market;
  }

  async blockHash(blockNumber: bigint): Promise<Hash | undefined> {
    try {
      return (await this.#client.getBlock({ blockNumber })).hash;
    } catch (error) {
      if (error instanceof BlockNotFoundError) return undefined;
      throw error;
    }
  }

  /** Every event of a lease has its number first. */
  async changes(lids: readonly bigint[], from: bigint, to: bigint): Promise<LeaseChange[]> {
    const logs = await this.#client.request({
      method: "eth_getLogs",
      params: [
        {
          address: this.#market,
          topics: [null, lids.map((lid) => numberToHex(lid, { size: 32 }))],
          fromBlock: numberToHex(from),
          toBlock: numberToHex(to),
        },
      ],
    });
    return logs.flatMap(({ topics: [, lid], blockNumber }) =>
      lid === undefined || blockNumber === null ? [] : [{ lid: BigInt(lid), block: BigInt(blockNumber) }],
    );
  }

  /** At the head unless told. */
  async leaseAt(lid: bigint, blockNumber?: bigint): Promise<LeaseRecord | undefined> {
    const at = { address: this.#market, abi: leaseMarketAbi, args: [lid], blockNumber } as const;
    const [lease, update, paidUntil] = await Promise.all([
      this.#client.readContract({ ...at, functionName: "leaseOf" }),
      this.#client.readContract({ ...at, functionName: "pendingUpdateOf" }),
      this.#client.readContract({ ...at, functionName: "paidUntil" }),
    ]);
    return leaseRecordOf({ lid, lease, update, paidUntil });
  }
}
