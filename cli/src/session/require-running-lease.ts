import { ProtocolError } from "@fizz/protocol/errors";
import { type Lease, requireOwnLease } from "../chain/lease-market.ts";
import { type Context } from "../context.ts";

/** A lease of the wallet at hand that is not over. @throws ProtocolError LEASE_NOT_FOUND, LEASE_NOT_YOURS, LEASE_WRONG_STATE */
export async function requireRunningLease(context: Context, lid: bigint): Promise<Lease> {
  const [chain, { address }] = [await context.chain(), await context.wallet()];
  const lease = await requireOwnLease(chain, lid, address);
  if (lease.state !== "closed") return lease;
  throw new ProtocolError("LEASE_WRONG_STATE", `Lease ${lease.lid} is closed; nothing runs on it.`);
}
