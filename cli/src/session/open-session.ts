import { type DirectRule } from "@fizz/protocol/direct";
import { ProtocolError } from "@fizz/protocol/errors";
import { addressOfPeerId } from "@fizz/protocol/identity";
import { fizzDomain, type SessionScope } from "@fizz/protocol/typed-data";
import { isAddressEqual } from "viem";
import { type Lease, nodeFactsOf } from "../chain/lease-market.ts";
import { type Context } from "../context.ts";
import { type LeaseRecord, type Session } from "../state/lease-store.ts";
import { createSession, isUsable, mergedScopes } from "./grants.ts";
import { NodeSession, type NodeSessionInit } from "./node-session.ts";

export interface SessionWish {
  /** Scopes beyond looking. */
  readonly extra?: readonly SessionScope[];
  /** Where the node may be dialled directly. */
  readonly directRule?: DirectRule;
}

/**
 * Opens a session with the node of a lease. The wallet signs once; the grant is kept for the next command.
 *
 * @throws ProtocolError GATEWAY_UNREACHABLE, NODE_OFFLINE, IDENTITY_UNKNOWN, CHAIN_UNREACHABLE
 */
export async function openSession(
  context: Context,
  lease: Lease,
  { extra = [], directRule = "off" }: SessionWish = {},
): Promise<NodeSession> {
  const record = await findRecord(context, lease);
  const session = await sessionOf(context, { lease, record, extra });
  const way = await reachNode(context, lease);
  const { id, contracts } = await context.chain();
  const direct = { domain: fizzDomain(id, contracts.leaseMarket), rule: directRule };
  const opened = new NodeSession({ ...way, session, direct });
  context.onClose(async (error) => {
    await opened.stop();
    // The next command asks the wallet anew.
    const isRevoked = error instanceof ProtocolError && error.code === "GRANT_REVOKED";
    if (isRevoked) await forgetSession(context, lease);
  });
  return opened;
}

/**
 * The way to the node of a lease, held against the chain.
 *
 * @throws ProtocolError GATEWAY_UNREACHABLE, NODE_OFFLINE, IDENTITY_UNKNOWN, CHAIN_UNREACHABLE
 */
export async function reachNode(
  context: Context,
  lease: Lease,
): Promise<Pick<NodeSessionInit, "gatewayAddresses" | "findAddresses" | "peerId">> {
  const findAddresses = (signal: AbortSignal): Promise<string[]> =>
    addressesFor(context, lease.nodeId, signal);
  const gatewayAddresses = await findAddresses(context.signal);
  const record = await findRecord(context, lease);
  const peerId = record?.peerId ?? (await findPeerId(context, lease));
  await requireOperator(context, lease, peerId);
  return { gatewayAddresses, findAddresses, peerId };
}

async function forgetSession(context: Context, lease: Lease): Promise<void> {
  const record = await findRecord(context, lease);
  if (record !== undefined) await (await context.leases()).save({ ...record, session: null });
}

/** Where the gateway relays to a node: where several processes share it, those of the one that has the node. */
async function addressesFor(context: Context, nodeId: bigint, signal: AbortSignal): Promise<string[]> {
  const { peerId } = await context.gatewayNetwork();
  const { multiaddrs } = await (await context.gateway()).network(signal, nodeId);
  // Each is the gateway's key, which was held against the chain.
  const usable = multiaddrs.filter(
    (address) => /\/tcp\/\d+\/p2p\//.test(address) && address.endsWith(peerId),
  );
  if (usable.length > 0) return usable;
  const message = "The gateway publishes no TCP address for control sessions.";
  throw new ProtocolError("GATEWAY_UNREACHABLE", message);
}

async function findRecord(context: Context, lease: Lease): Promise<LeaseRecord | undefined> {
  const leases = await context.leases();
  return await leases.find(lease.leaseHash);
}

interface Wanted {
  readonly lease: Lease;
  readonly record: LeaseRecord | undefined;
  readonly extra: readonly SessionScope[];
}

async function sessionOf(context: Context, { lease, record, extra }: Wanted): Promise<Session> {
  if (record?.session != null && isUsable(record.session, extra)) return record.session;
  const [chain, account] = [await context.chain(), await context.account()];
  const { nodeId, leaseHash } = lease;
  const scopes = mergedScopes(record?.session ?? undefined, extra);
  const session = await createSession({ chain, account, nodeId, leaseHash, extra: scopes });
  if (scopes.length > 0)
    context.terminal.note(`the wallet grants this machine for a week: ${session.signed.grant.scopes}`);
  const leases = await context.leases();
  await leases.save({ ...(record ?? emptyRecord(lease)), session });
  return session;
}

/** A record of a lease that was opened elsewhere: no manifest, only what the chain says. */
function emptyRecord(lease: Lease): LeaseRecord {
  const { leaseHash, lid, tenant, nodeId } = lease;
  return {
    format: 1,
    leaseHash,
    lid,
    tenant,
    nodeId,
    peerId: null,
    manifest: null,
    pending: null,
    receipt: null,
    session: null,
  };
}

async function findPeerId(context: Context, { nodeId }: Lease): Promise<string> {
  const gateway = await context.gateway();
  try {
    return (await gateway.node(nodeId, context.signal)).peerId;
  } catch (cause) {
    if (!(cause instanceof ProtocolError) || cause.code !== "NODE_UNKNOWN") throw cause;
    const message = `Node ${nodeId} is not connected to this gateway now.`;
    throw new ProtocolError("NODE_OFFLINE", message, { cause });
  }
}

/** The gateway's word is not enough: the peer must be the key that the chain names for the node. */
async function requireOperator(context: Context, lease: Lease, peerId: string): Promise<void> {
  const { operator } = await nodeFactsOf(await context.chain(), lease.nodeId, lease.subnetId);
  const peer = addressOfPeerId(peerId);
  if (isAddressEqual(peer, operator)) return;
  const message = `The peer ${peerId} has the key ${peer}; the chain names ${operator} for node ${lease.nodeId}.`;
  throw new ProtocolError("IDENTITY_UNKNOWN", message);
}
