import { leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  diffOpenParts,
  hashOpenPart,
  manifestHashOf,
  type OpenPart,
  openPartOf,
  openPartSchema,
} from "@fizz/protocol/manifest";
import { type DeploymentStatus, fromWire } from "@fizz/protocol/messages";
import { composeOrder, type Order, sealOrder } from "@fizz/protocol/orders";
import { encodeFunctionData } from "viem";
import { chainTime, type Lease, nodeFactsOf } from "../chain/lease-market.ts";
import { sendSponsored } from "../chain/sponsored.ts";
import { type Token, tokenAt } from "../chain/tokens.ts";
import { send } from "../chain/transactions.ts";
import { type Context } from "../context.ts";
import { showHourly } from "../output/format.ts";
import { openSession } from "../session/open-session.ts";
import { judgeQuotes, noQuotes, type VerifiedQuote } from "./choose-quote.ts";
import { deliverManifest } from "./deliver-manifest.ts";
import { type StartedLease } from "./follow-start.ts";
import { type CheckedManifest } from "./read-manifest.ts";
import { waitForUpdate } from "./wait-for-update.ts";

/** Time that the node gets to run the new version, in seconds. */
const DEFAULT_UPDATE_SECONDS = 600;

export interface UpdateOptions {
  readonly timeoutSeconds: number | undefined;
  readonly yes: boolean;
  /** The gateway pays the gas of the request. */
  readonly isSponsored: boolean;
}

/** The version that runs, as its node says and the chain confirms. */
interface Running {
  readonly lease: Lease;
  readonly status: DeploymentStatus;
  readonly openPart: OpenPart;
}

interface Change {
  readonly running: Running;
  readonly order: Order;
  readonly quote: VerifiedQuote;
  readonly token: Token;
  readonly needsQuote: boolean;
  readonly version: number;
  /** Unix seconds on the chain's clock. */
  readonly expiresAt: number;
}

/**
 * Brings a running lease to a new manifest version. The old version runs until the node has confirmed the new one.
 *
 * @throws ProtocolError UPDATE_NOT_ALLOWED before anything is sent; NODE_REFUSED, TIMEOUT; the old version runs on
 */
export async function updateDeployment(
  context: Context,
  input: { readonly lease: Lease; readonly checked: CheckedManifest; readonly options: UpdateOptions },
): Promise<StartedLease> {
  const { lease, checked, options } = input;
  const { terminal } = context;
  const running = await readRunning(context, lease);
  const diff = diffOpenParts(running.openPart, openPartOf(checked.manifest));
  if (!diff.allowed) {
    const message = diff.forbidden.map((change) => change.message).join("\n  ");
    throw new ProtocolError("UPDATE_NOT_ALLOWED", message, { details: { forbidden: diff.forbidden } });
  }
  for (const change of diff.changes) terminal.note(change.message);
  const change = await prepare(context, { running, checked, needsQuote: diff.needsQuote, options });
  await confirmPrice(context, change, options.yes);
  await saveVersion(context, { lease, version: versionOf(change, checked.text), field: "pending" });
  const fromBlock = await requestUpdate(context, change, options.isSponsored);
  terminal.done(`Update requested: version ${change.version}`);
  await deliver(context, change);
  terminal.done("The node acknowledged the manifest");
  const { version, expiresAt } = change;
  const { manifestHash } = change.order;
  const updated = await waitForUpdate(context, { lease, version, manifestHash, expiresAt, fromBlock });
  await saveVersion(context, { lease, version: versionOf(change, checked.text), field: "manifest" });
  const session = await openSession(context, updated);
  return { lease: updated, status: await session.status(context.signal) };
}

async function readRunning(context: Context, lease: Lease): Promise<Running> {
  if (lease.state !== "active")
    throw new ProtocolError(
      "LEASE_WRONG_STATE",
      `Lease ${lease.lid} is ${lease.state}; only an active one is updated.`,
    );
  const session = await openSession(context, lease);
  const status = await session.status(context.signal);
  const openPart = fromWire(openPartSchema, status.openPart);
  const hash = manifestHashOf(hashOpenPart(openPart, status.openSalt), status.sealedPartHash);
  if (hash === lease.manifestHash) return { lease, status, openPart };
  const message = "What the node says it runs is not what the chain says. Nothing was sent.";
  throw new ProtocolError("MANIFEST_MISMATCH", message);
}

interface PrepareInput {
  readonly running: Running;
  readonly checked: CheckedManifest;
  readonly needsQuote: boolean;
  readonly options: UpdateOptions;
}

/** Composes the new version. Its sealing key always comes from a fresh quote: keys are used once. */
async function prepare(context: Context, input: PrepareInput): Promise<Change> {
  const { running, checked, needsQuote, options } = input;
  const { lease, status } = running;
  const chain = await context.chain();
  const order = composeOrder(checked.manifest, needsQuote ? {} : { openSalt: status.openSalt });
  const token = await tokenAt(chain, lease.token);
  const now = await chainTime(chain);
  const quote = await freshQuote(context, { lease, order, token, now });
  const expiresAt = now + (options.timeoutSeconds ?? DEFAULT_UPDATE_SECONDS);
  return { running, order, quote, token, needsQuote, version: lease.version + 1, expiresAt };
}

interface QuoteInput {
  readonly lease: Lease;
  readonly order: Order;
  readonly token: Token;
  readonly now: number;
}

async function freshQuote(
  context: Context,
  { lease, order, token, now }: QuoteInput,
): Promise<VerifiedQuote> {
  const [chain, gateway] = [await context.chain(), await context.gateway()];
  const { nodeId, leaseHash, tenant } = lease;
  context.terminal.step(`Asking node ${nodeId} for a quote`);
  const request = { openPart: { ...order.openPart }, openSalt: order.openSalt, tenant, token: token.address };
  const response = await gateway.quotes({ ...request, nodeId, leaseHash }, context.signal);
  const { subnetId } = lease;
  const limits = { maxPerHour: undefined, prepaidSeconds: undefined };
  const wishes = { order, token, tenant, subnetId, nodeId, now, ...limits };
  const { chosen, judged } = await judgeQuotes(chain, wishes, response);
  if (chosen === undefined) throw noQuotes(response, judged, order.openPart);
  return chosen;
}

async function confirmPrice({ terminal, signal }: Context, change: Change, yes: boolean): Promise<void> {
  if (!change.needsQuote) return;
  const before = showHourly(change.running.lease.ratePerSecond, change.token);
  const after = showHourly(change.quote.signed.quote.ratePerSecond, change.token);
  terminal.done(`Agreed price per hour: ${after}, before: ${before}`);
  if (yes || !terminal.interactive) return;
  if (!(await terminal.confirm(`Update lease ${change.running.lease.lid} at ${after}?`, signal)))
    throw new ProtocolError("WALLET_REJECTED", "Not updated. Nothing was sent.");
}

/** @returns The block that has the request. */
async function requestUpdate(context: Context, change: Change, isSponsored: boolean): Promise<bigint> {
  const { running, order, quote, needsQuote, version, expiresAt } = change;
  const chain = await context.chain();
  const { lid } = running.lease;
  const update = {
    openPartHash: order.openPartHash,
    sealedPartHash: order.sealedPartHash,
    currentSealedPartHash: running.status.sealedPartHash,
    version,
    expiresAt,
  };
  const data = needsQuote
    ? encodeFunctionData({
        abi: leaseMarketAbi,
        functionName: "requestUpdateWithQuote",
        args: [lid, update, quote.signed.quote, quote.signed.signature],
      })
    : encodeFunctionData({ abi: leaseMarketAbi, functionName: "requestUpdate", args: [lid, update] });
  const call = { to: chain.contracts.leaseMarket, data };
  const receipt = isSponsored
    ? await sendSponsored(await context.sender(), await context.gateway(), call)
    : await send(await context.sender(), call);
  return receipt.blockNumber;
}

async function deliver(context: Context, change: Change): Promise<void> {
  const { running, order, quote, version, expiresAt } = change;
  const { lid, leaseHash, nodeId, subnetId } = running.lease;
  const { operator } = await nodeFactsOf(await context.chain(), nodeId, subnetId);
  const delivery = await sealOrder({ order, quote: quote.signed.quote, lid, leaseHash, version });
  await deliverManifest(context, { lease: running.lease, delivery, operator, until: expiresAt * 1_000 });
}

interface VersionInput {
  readonly lease: Lease;
  readonly version: ReturnType<typeof versionOf>;
  readonly field: "pending" | "manifest";
}

function versionOf({ version, order, quote }: Change, text: string) {
  const { openSalt, sealedSalt } = order;
  return { version, text, openSalt, sealedSalt, quote: quote.signed.quote };
}

async function saveVersion(context: Context, { lease, version, field }: VersionInput): Promise<void> {
  const leases = await context.leases();
  const record = await leases.find(lease.leaseHash);
  if (record === undefined) return;
  await leases.save({ ...record, pending: null, [field]: version });
}
