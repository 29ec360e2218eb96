import { leaseMarketAbi } from "@fizz/protocol/chain";
import { encodeFunctionData, numberToHex } from "viem";
import { type HistoryWorld } from "../../../test/relayer/support/history-world.ts";

const LEASES = 20;
const PER_BLOCK = 100;

/** Top-ups of a few leases, many in a block; anvil signs for its own accounts. */
export async function fillChain(world: HistoryWorld, events: number): Promise<void> {
  for (let lease = 0; lease < LEASES; lease += 1) await world.openOne();
  const { client, contracts, tenant, test } = world;
  await test.setAutomine(false);
  let left = events - LEASES;
  let nonce = await client.getTransactionCount({ address: tenant });
  while (left > 0) {
    const count = Math.min(left, PER_BLOCK);
    const calls = Array.from({ length: count }, (_, at) => {
      const args = [BigInt((at % LEASES) + 1), 1n] as const;
      const data = encodeFunctionData({ abi: leaseMarketAbi, functionName: "topUp", args });
      const call = {
        from: tenant,
        to: contracts.leaseMarket,
        data,
        gas: "0x30d40",
        nonce: numberToHex(nonce + at),
      };
      return client.request({ method: "eth_sendTransaction", params: [call] } as never);
    });
    await Promise.all(calls);
    await test.mine({ blocks: 1 });
    nonce += count;
    left -= count;
  }
  await test.mine({ blocks: 100 });
  await test.setAutomine(true);
}
