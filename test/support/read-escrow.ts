import { leaseMarketAbi, leaseStateOf } from "@fizz/protocol/chain";
import { type Address, isAddressEqual, type PublicClient, zeroAddress } from "viem";

interface Where {
  readonly client: Pick<PublicClient, "readContract">;
  readonly market: Address;
}

/** Wei that an account may withdraw. */
export async function freeOf({ client, market }: Where, account: Address): Promise<bigint> {
  const contract = { address: market, abi: leaseMarketAbi } as const;
  return await client.readContract({ ...contract, functionName: "accountOf", args: [account, zeroAddress] });
}

/** Wei that the leases of a tenant hold, as long as they are not closed. */
export async function lockedOf({ client, market }: Where, tenant: Address): Promise<bigint> {
  const contract = { address: market, abi: leaseMarketAbi } as const;
  const count = await client.readContract({ ...contract, functionName: "leaseCount" });
  let locked = 0n;
  for (let lid = 1n; lid <= count; lid++) {
    const lease = await client.readContract({ ...contract, functionName: "leaseOf", args: [lid] });
    const isHeld = leaseStateOf(lease.state) !== "closed" && isAddressEqual(lease.tenant, tenant);
    if (isHeld) locked += lease.balance;
  }
  return locked;
}
