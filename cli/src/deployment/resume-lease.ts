import { ProtocolError } from "@fizz/protocol/errors";
import { parseManifest } from "@fizz/protocol/manifest";
import { type ManifestDelivery } from "@fizz/protocol/messages";
import { composeOrder, sealOrder } from "@fizz/protocol/orders";
import { type Lease } from "../chain/lease-market.ts";
import { type Context } from "../context.ts";
import { type LeaseRecord } from "../state/lease-store.ts";
import { type StartedLease } from "./follow-start.ts";
import { startLease } from "./start-lease.ts";

/**
 * Goes on where an interrupted `create` stopped: delivers the stored manifest again and watches the start.
 *
 * @throws ProtocolError LEASE_WRONG_STATE, STORE_FAILED when this machine does not have the manifest; as startLease
 */
export async function resumeLease(
  context: Context,
  lease: Lease,
  timeoutSeconds: number | undefined,
): Promise<StartedLease> {
  if (lease.state !== "open")
    throw new ProtocolError(
      "LEASE_WRONG_STATE",
      `Lease ${lease.lid} is ${lease.state}; there is nothing to resume.`,
    );
  const leases = await context.leases();
  const delivery = await deliveryOf(lease, await leases.find(lease.leaseHash));
  const until = timeoutSeconds === undefined ? undefined : Date.now() + timeoutSeconds * 1_000;
  return await startLease(context, { lease, delivery, until });
}

async function deliveryOf(
  { lid, leaseHash, manifestHash }: Lease,
  record: LeaseRecord | undefined,
): Promise<ManifestDelivery> {
  const stored = record?.manifest;
  const parsed = stored == null ? undefined : parseManifest(stored.text);
  if (stored == null || parsed?.ok !== true) {
    const message = `The manifest of lease ${lid} is not kept on this machine; only the one that opened it can deliver it.`;
    throw new ProtocolError("STORE_FAILED", message);
  }
  const { openSalt, sealedSalt, quote, version } = stored;
  const order = composeOrder(parsed.manifest, { openSalt, sealedSalt });
  if (order.manifestHash !== manifestHash)
    throw new ProtocolError("MANIFEST_MISMATCH", `The stored manifest is not the one of lease ${lid}.`);
  return await sealOrder({ order, quote, lid, leaseHash, version });
}
