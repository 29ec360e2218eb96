import { ProtocolError } from "@fizz/protocol/errors";
import { type OpenPart } from "@fizz/protocol/manifest";
import { lockedBy } from "@fizz/protocol/orders";
import { findLease, type Lease } from "../chain/lease-market.ts";
import { type Context } from "../context.ts";
import { showAmount, showDuration, showHourly } from "../output/format.ts";
import { createSession } from "../session/grants.ts";
import { type LeaseRecord } from "../state/lease-store.ts";
import { coverFromEscrow, type DepositPolicy } from "./escrow.ts";
import { type StartedLease } from "./follow-start.ts";
import { type Deal } from "./make-deal.ts";
import { openLease, requireOpenable } from "./open-lease.ts";
import { startLease } from "./start-lease.ts";

export interface CreateInput {
  readonly deal: Deal;
  /** Text of the manifest, kept for a later delivery. */
  readonly text: string;
  readonly deposit: DepositPolicy;
  readonly yes: boolean;
  readonly timeoutSeconds: number | undefined;
}

/**
 * From a deal to running containers. Whatever fails before the order's transaction costs nothing, and is said before
 * the wallet is asked to sign.
 *
 * @throws ProtocolError INSUFFICIENT_ESCROW, QUOTE_EXPIRED, NODE_FULL, IMAGE_PULL_FAILED, LEASE_NOT_STARTED, TIMEOUT
 */
export async function createDeployment(context: Context, input: CreateInput): Promise<StartedLease> {
  const { deal, deposit, yes, timeoutSeconds } = input;
  const { terminal } = context;
  const until = timeoutSeconds === undefined ? undefined : Date.now() + timeoutSeconds * 1_000;
  const { token, composed } = deal;
  const { signed } = deal.quote;
  terminal.done(`Bid found: node ${signed.quote.nodeId}, ${showHourly(signed.quote.ratePerSecond, token)}`);
  const value = await coverFromEscrow(context, { token, required: composed.locked, policy: deposit, yes });
  const order = { composed, signed, value };
  await requireOpenable(context, order);
  await confirmDeal(context, deal, yes);
  const lid = await orderLease(context, { record: await firstRecord(context, input), order });
  printMatch(context, deal, lid);
  const lease = await requireOpened(context, lid);
  return await startLease(context, { lease, delivery: await composed.delivery(lid), until });
}

async function confirmDeal(context: Context, deal: Deal, yes: boolean): Promise<void> {
  const { terminal } = context;
  const { quote } = deal.quote.signed;
  warnAboutMode(context, deal.order.openPart);
  if (yes || !terminal.interactive) return;
  const locked = showAmount(lockedBy(quote, deal.prepaidSeconds), deal.token);
  const question = `Lock ${locked} for ${showDuration(deal.prepaidSeconds)} on node ${quote.nodeId}?`;
  if (!(await terminal.confirm(question, context.signal)))
    throw new ProtocolError("WALLET_REJECTED", "Not ordered. Nothing was sent.");
}

function warnAboutMode({ terminal }: Context, { mode }: OpenPart): void {
  if (mode === "fizz")
    terminal.note(
      "a Fizz node belongs to somebody of the community, who can read what runs there: no sensitive data.",
    );
}

interface OrderInput {
  readonly record: LeaseRecord;
  readonly order: Parameters<typeof openLease>[1];
}

/** The record is saved before the order is sent: whatever happens then, salts and session are not lost. */
async function orderLease(context: Context, { record, order }: OrderInput): Promise<bigint> {
  const leases = await context.leases();
  await leases.save(record);
  context.terminal.step("Sending configuration");
  try {
    const lid = await openLease(context, order);
    await leases.save({ ...record, lid });
    return lid;
  } catch (error) {
    const maySent = context.signal.aborted || !(error instanceof ProtocolError) || error.code === "TX_LOST";
    if (!maySent) await leases.remove(record.leaseHash);
    throw error;
  }
}

function printMatch({ terminal }: Context, { token, quote }: Deal, lid: bigint): void {
  const { nodeId, ratePerSecond } = quote.signed.quote;
  terminal.done("Order matched");
  terminal.stderr(`    Lid: ${lid}\n    Node: ${nodeId}\n`);
  terminal.stderr(`    Agreed price per hour: ${showHourly(ratePerSecond, token).replace("/h", "")}\n`);
}

async function firstRecord(context: Context, { deal, text }: CreateInput): Promise<LeaseRecord> {
  const [chain, account] = [await context.chain(), await context.account()];
  const { order, composed } = deal;
  const { quote } = deal.quote.signed;
  const { leaseHash } = composed;
  const { nodeId } = quote;
  return {
    format: 1,
    leaseHash,
    lid: null,
    tenant: account.address,
    nodeId,
    peerId: deal.quote.peerId,
    manifest: { version: 1, text, openSalt: order.openSalt, sealedSalt: order.sealedSalt, quote },
    pending: null,
    receipt: null,
    session: await createSession({ chain, account, nodeId, leaseHash }),
  };
}

async function requireOpened(context: Context, lid: bigint): Promise<Lease> {
  const lease = await findLease(await context.chain(), lid);
  if (lease !== undefined) return lease;
  throw new ProtocolError("LEASE_NOT_FOUND", `Lease ${lid} was opened, and the chain does not show it now.`);
}
