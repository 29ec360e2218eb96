import { ProtocolError } from "@fizz/protocol/errors";
import { type ManifestDelivery } from "@fizz/protocol/messages";
import { type Lease, nodeFactsOf } from "../chain/lease-market.ts";
import { tokenAt } from "../chain/tokens.ts";
import { type Context } from "../context.ts";
import { deliverManifest } from "./deliver-manifest.ts";
import { followStart, type StartedLease } from "./follow-start.ts";

/** How long after the start deadline the command still watches, so that it can take the money back, in seconds. */
const AFTER_DEADLINE_SECONDS = 60;

export interface StartLeaseInput {
  /** Open on chain. */
  readonly lease: Lease;
  readonly delivery: ManifestDelivery;
  /** Unix milliseconds after which the command stops watching; otherwise a little after the start deadline. */
  readonly until: number | undefined;
}

/**
 * Delivers the manifest of an Open lease and watches it start. Where the node does not take it in time, the money is
 * taken back.
 *
 * @throws ProtocolError IMAGE_PULL_FAILED, LEASE_NOT_STARTED, TIMEOUT, and what the node refused for good
 */
export async function startLease(
  context: Context,
  { lease, delivery, until }: StartLeaseInput,
): Promise<StartedLease> {
  const startDeadline = lease.deadline;
  const lastMoment = until ?? (startDeadline + AFTER_DEADLINE_SECONDS) * 1_000;
  await deliver(context, { lease, delivery, until: Math.min(lastMoment, startDeadline * 1_000) });
  const token = await tokenAt(await context.chain(), lease.token);
  return await followStart(context, { lease, token, startDeadline, until: lastMoment });
}

async function deliver(
  context: Context,
  { lease, delivery, until }: StartLeaseInput & { until: number },
): Promise<void> {
  const { terminal } = context;
  const [chain, leases] = [await context.chain(), await context.leases()];
  const { operator } = await nodeFactsOf(chain, lease.nodeId, lease.subnetId);
  terminal.step(`Sending manifest to node ${lease.nodeId}, sealed`);
  try {
    const receipt = await deliverManifest(context, { lease, delivery, operator, until });
    const record = await leases.find(lease.leaseHash);
    if (record !== undefined) await leases.save({ ...record, lid: lease.lid, receipt });
    terminal.done("The node acknowledged the manifest");
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ProtocolError)) throw error;
    // Away so far: the gateway may still pass the manifest on, and after the deadline the money comes back.
    if (!error.retryable) throw refused(error, lease);
    terminal.warn(`${error.message} [${error.code}]`);
  }
}

function refused(error: ProtocolError, { lid }: Lease): ProtocolError {
  const message =
    `The manifest of lease ${lid} was refused: ${error.message} The lease is still open. ` +
    `\`fizz deployment close --lid ${lid}\` ends it now, at the price of the reservation.`;
  return new ProtocolError(error.code, message, {
    cause: error,
    details: { ...error.details, lid: Number(lid) },
  });
}
