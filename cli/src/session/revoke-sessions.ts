import { ProtocolError } from "@fizz/protocol/errors";
import { type Revoked } from "@fizz/protocol/messages";
import {
  ALL_SESSION_KEYS,
  type FizzDomain,
  fizzDomain,
  recoverRevocationReceiptSigner,
  revocationDigest,
  revocationTypedData,
  revokedUntilNow,
  type SignedRevocation,
} from "@fizz/protocol/typed-data";
import { type Hex, isAddressEqual } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { type Lease, nodeFactsOf } from "../chain/lease-market.ts";
import { type Context } from "../context.ts";
import { NodeSession } from "./node-session.ts";
import { reachNode } from "./open-session.ts";

/** Ways that failed, after which the other one is tried: the node has not refused. */
const NOT_DELIVERED = new Set([
  "GATEWAY_UNREACHABLE",
  "NODE_OFFLINE",
  "NODE_UNREACHABLE",
  "STREAM_CLOSED",
  "TIMEOUT",
]);
/** Clocks further apart than this are told, in seconds. */
const CLOCKS_APART = 60;

/** What became of a revocation that the node has signed for. */
export interface Revocation {
  readonly lid: bigint;
  /** Grants that expire then or before are worth nothing, in Unix seconds. */
  readonly upTo: number;
  /** Streams, programs and connections that the node ended. */
  readonly ended: number;
  /** How far the node's clock is ahead of this one, in seconds, where it matters; 0 otherwise. */
  readonly clockAhead: number;
}

/**
 * Takes back the grants of a lease that were signed until now. It needs the wallet and nothing else. The node itself signs
 * for it: a gateway that drops it cannot hide that.
 *
 * @param sessionKey Only those of this key.
 * @throws ProtocolError NODE_OFFLINE, IDENTITY_UNKNOWN when the answer is not the node's, and what the node answers
 */
export async function revokeSessions(
  context: Context,
  lease: Lease,
  sessionKey: Hex = ALL_SESSION_KEYS,
): Promise<Revocation> {
  const [chain, account] = [await context.chain(), await context.account()];
  const domain = fizzDomain(chain.id, chain.contracts.leaseMarket);
  const now = Math.floor(Date.now() / 1_000);
  const { leaseHash, nodeId, lid } = lease;
  const upTo = revokedUntilNow(now);
  const revocation = { tenant: account.address, nodeId, leaseHash, sessionKey, upTo };
  const signed = {
    revocation,
    signature: await account.signTypedData(revocationTypedData(domain, revocation)),
  };
  const answer = await deliver(context, lease, signed);
  await requireReceipt(context, lease, { signed, answer, domain });
  await forget(context, lease, sessionKey);
  const ahead = answer.receipt.receipt.at - now;
  return { lid, upTo, ended: answer.ended, clockAhead: Math.abs(ahead) > CLOCKS_APART ? ahead : 0 };
}

/** End to end where that works, else by the gateway's API. */
async function deliver(context: Context, lease: Lease, signed: SignedRevocation): Promise<Revoked> {
  try {
    return await deliverDirectly(context, lease, signed);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ProtocolError) || !NOT_DELIVERED.has(error.code)) throw error;
  }
  return await (await context.gateway()).revoke(lease.lid, signed, context.signal);
}

async function deliverDirectly(context: Context, lease: Lease, signed: SignedRevocation): Promise<Revoked> {
  const way = await reachNode(context, lease);
  // A key of this moment: who carries a revocation needs no name.
  const session = new NodeSession({ ...way, session: { privateKey: generatePrivateKey() } });
  try {
    return await session.revoke(signed, context.signal);
  } finally {
    await session.stop();
  }
}

async function requireReceipt(
  context: Context,
  lease: Lease,
  { signed, answer, domain }: { signed: SignedRevocation; answer: Revoked; domain: FizzDomain },
): Promise<void> {
  const { operator } = await nodeFactsOf(await context.chain(), lease.nodeId, lease.subnetId);
  const signer = await recoverRevocationReceiptSigner(domain, answer.receipt).catch(() => undefined);
  const isMeant = answer.receipt.receipt.revocation === revocationDigest(domain, signed.revocation);
  if (isMeant && signer !== undefined && isAddressEqual(signer, operator)) return;
  const message = `The answer is not signed by node ${lease.nodeId}: nothing is known to be revoked.`;
  throw new ProtocolError("IDENTITY_UNKNOWN", message);
}

async function forget(context: Context, lease: Lease, sessionKey: Hex): Promise<void> {
  const leases = await context.leases();
  const record = await leases.find(lease.leaseHash);
  const kept = record?.session?.signed.grant.sessionKey;
  if (record === undefined || kept === undefined) return;
  if (sessionKey === ALL_SESSION_KEYS || sessionKey === kept) await leases.save({ ...record, session: null });
}
