import { type StoredLease } from "../domain/stored-lease.ts";
import { type Logger } from "../observability/logger.ts";
import { type GatewayLink } from "../ports.ts";
import { type LeaseManifests, wantedDoors } from "./held-manifests.ts";

/**
 * Asks the gateway for the doors that the lease has: it reads the lease on the chain then, and lets callers in as soon as
 * that says that the lease runs. Without it they wait until the gateway looks at the next head. Never throws.
 */
export async function tellStarted(
  { gateway, log }: { readonly gateway: GatewayLink; readonly log: Logger },
  { stored, manifests }: { readonly stored: StoredLease | undefined; readonly manifests: LeaseManifests },
  signal: AbortSignal,
): Promise<void> {
  const doors = wantedDoors(manifests);
  if (stored === undefined || doors.length === 0 || gateway.session() === undefined) return;
  const { lid, leaseHash } = stored;
  try {
    await gateway.openDoors({ lid, leaseHash, doors }, signal);
  } catch (error) {
    log.debug({ event: "doors.untold", leaseHash, error }, "The gateway finds out by itself.");
  }
}
