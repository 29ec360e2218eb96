import {
  type ChainLeaseState,
  leaseMarketAbi,
  leaseStateOf,
  nodeRegistryAbi,
  nodeStatusOf,
  subnetRegistryAbi,
} from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Address, type ContractFunctionReturnType, getAbiItem, isAddressEqual } from "viem";
import { type Chain } from "./chain.ts";
import { scanLogs } from "./scan-logs.ts";

/** Most leases of one tenant that are listed. */
export const MAX_LISTED_LEASES = 1_000;

type LeaseRecord = ContractFunctionReturnType<typeof leaseMarketAbi, "view", "leaseOf">;
export type PendingUpdate = ContractFunctionReturnType<typeof leaseMarketAbi, "view", "pendingUpdateOf">;

/** A lease as the chain has it now. */
export interface Lease extends Omit<LeaseRecord, "state"> {
  readonly lid: bigint;
  readonly state: Exclude<ChainLeaseState, "none">;
}

/** Why and with what refund a lease ended. */
export interface LeaseEnd {
  readonly reason: number;
  readonly refunded: bigint;
}

export interface NodeFacts {
  readonly owner: Address;
  readonly operator: Address;
  readonly status: ReturnType<typeof nodeStatusOf>;
  readonly joined: boolean;
  /** Registered resources, packed. */
  readonly total: bigint;
  readonly cpuTier: number;
  readonly gpuTier: number;
}

const leaseOpened = getAbiItem({ abi: leaseMarketAbi, name: "LeaseOpened" });
const leaseClosed = getAbiItem({ abi: leaseMarketAbi, name: "LeaseClosed" });

function market(chain: Chain) {
  return { address: chain.contracts.leaseMarket, abi: leaseMarketAbi } as const;
}

/** @throws ProtocolError CHAIN_UNREACHABLE */
export async function findLease(chain: Chain, lid: bigint): Promise<Lease | undefined> {
  const call = chain.client.readContract({ ...market(chain), functionName: "leaseOf", args: [lid] });
  const record = await chain.ask(call);
  const state = leaseStateOf(record.state);
  return state === "none" ? undefined : { ...record, lid, state };
}

/** @throws ProtocolError LEASE_NOT_FOUND, LEASE_NOT_YOURS, CHAIN_UNREACHABLE */
export async function requireOwnLease(chain: Chain, lid: bigint, tenant: Address): Promise<Lease> {
  const lease = await findLease(chain, lid);
  if (lease === undefined)
    throw new ProtocolError("LEASE_NOT_FOUND", `There is no lease ${lid} on this chain.`);
  if (!isAddressEqual(lease.tenant, tenant))
    throw new ProtocolError("LEASE_NOT_YOURS", `Lease ${lid} belongs to ${lease.tenant}, not to ${tenant}.`);
  return lease;
}

/** Leases that a wallet opened, oldest first. */
export async function leasesOf(chain: Chain, tenant: Address): Promise<Lease[]> {
  const lids = new Set<bigint>();
  await scanLogs(chain, async (range) => {
    const address = chain.contracts.leaseMarket;
    const logs = await chain.client.getLogs({ address, event: leaseOpened, args: { tenant }, ...range });
    for (const { args } of logs)
      if (args.lid !== undefined && lids.size < MAX_LISTED_LEASES) lids.add(args.lid);
  });
  const leases: Lease[] = [];
  for (const lid of [...lids].sort((a, b) => Number(a - b))) {
    const lease = await findLease(chain, lid);
    if (lease !== undefined && isAddressEqual(lease.tenant, tenant)) leases.push(lease);
  }
  return leases;
}

/** How a closed lease ended; undefined when the RPC does not give the event. */
export async function endOf(chain: Chain, lid: bigint): Promise<LeaseEnd | undefined> {
  let end: LeaseEnd | undefined;
  await scanLogs(chain, async (range) => {
    const address = chain.contracts.leaseMarket;
    const logs = await chain.client.getLogs({ address, event: leaseClosed, args: { lid }, ...range });
    const args = logs.at(-1)?.args;
    if (args?.reason !== undefined && args.refunded !== undefined)
      end = { reason: args.reason, refunded: args.refunded };
  });
  return end;
}

/** Token units of an escrow account that can be withdrawn or spent on leases. */
export async function freeOf(chain: Chain, owner: Address, token: Address): Promise<bigint> {
  const call = chain.client.readContract({
    ...market(chain),
    functionName: "accountOf",
    args: [owner, token],
  });
  return await chain.ask(call);
}

/** Unix seconds until which the lease is paid; 0 unless Active or Reclaiming. */
export async function paidUntil(chain: Chain, lid: bigint): Promise<number> {
  const call = chain.client.readContract({ ...market(chain), functionName: "paidUntil", args: [lid] });
  return Number(await chain.ask(call));
}

export async function pendingUpdateOf(chain: Chain, lid: bigint): Promise<PendingUpdate> {
  return await chain.ask(
    chain.client.readContract({ ...market(chain), functionName: "pendingUpdateOf", args: [lid] }),
  );
}

/** What a close now would give back, before it is done. */
export async function refundOf(chain: Chain, lid: bigint): Promise<bigint> {
  const call = chain.client.readContract({ ...market(chain), functionName: "previewClose", args: [lid] });
  const [, refund] = await chain.ask(call);
  return refund;
}

export async function nodeFactsOf(chain: Chain, nodeId: bigint, subnetId: number): Promise<NodeFacts> {
  const call = chain.client.readContract({
    address: chain.contracts.nodeRegistry,
    abi: nodeRegistryAbi,
    functionName: "leaseFactsOf",
    args: [nodeId, subnetId],
  });
  const [owner, operator, status, total, joined, , cpuTier, gpuTier] = await chain.ask(call);
  return { owner, operator, status: nodeStatusOf(status), joined, total, cpuTier, gpuTier };
}

/** Cuts at which the contracts take a quote now, in 1/10000. */
export interface Cuts {
  readonly subnetCutBps: number;
  readonly protocolCutBps: number;
}

export async function cutsOf(chain: Chain, subnetId: number): Promise<Cuts> {
  const { subnetRegistry: address } = chain.contracts;
  const [[, subnetCutBps], protocolCutBps] = await chain.ask(
    Promise.all([
      chain.client.readContract({ address, abi: subnetRegistryAbi, functionName: "cutOf", args: [subnetId] }),
      chain.client.readContract({ ...market(chain), functionName: "protocolCutBps" }),
    ]),
  );
  return { subnetCutBps, protocolCutBps };
}

/** Time of the newest block, in Unix seconds: what the contracts call now. */
export async function chainTime(chain: Chain): Promise<number> {
  const block = await chain.ask(chain.client.getBlock());
  return Number(block.timestamp);
}
